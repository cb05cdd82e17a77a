import type { Bff } from '@latchkey/bff'
import { createBff } from '@latchkey/bff'
import { oauth2 } from '@latchkey/bff/providers'
import type { AuthorizationServer } from './authorization-server.ts'
import { createConnectionError, endpoints, getUrl } from './authorization-server.ts'
import type { Clock } from './clock.ts'
import type { Journal } from './journal.ts'
import type { Random } from './random.ts'
import type { SharedStore } from './shared-store.ts'
import type { TokenUser } from './token-family.ts'

/** A process that runs a BFF. */
export interface BffProcess extends TokenUser {
  /** Handles a request of a browser; rejects when the process is killed meanwhile. */
  readonly fetch: (request: Request) => Promise<Response>
  /** Ends the process at once: nothing that it waits for ever happens. */
  readonly kill: () => void
  /**
   * Ends the process as a deploy does: after `close()`, within ten seconds. Requests under way end first, or when
   * `cutsConnections` is true, fail at once.
   */
  readonly close: (cutsConnections: boolean) => Promise<void>
  /** Whether `close()` of the BFF has resolved. */
  readonly isIdle: () => boolean
}

/** What a process shares with the others. */
export interface ProcessEnvironment {
  readonly clock: Clock
  readonly random: Random
  readonly journal: Journal
  readonly store: SharedStore
  readonly server: AuthorizationServer
  readonly mode: 'token' | 'proxy'
  /** Responds to the requests that the BFF forwards. */
  readonly fetchResource: (url: string, init: RequestInit | undefined) => Promise<Response>
}

/** Seconds. */
export const sessionLimits = { idle: 600, absolute: 1_500 }
export const origin = 'https://app.test'
const maxCloseMs = 10_000
/** So many writes in a row must fail before a refresh gives its token up. */
const maxFailedWrites = 4

const provider = oauth2({
  tokenEndpoint: endpoints.token,
  revocationEndpoint: endpoints.revocation,
  clientId: 'portal',
  clientSecret: 'secret of the portal',
  user: '/user',
})

export function createBffProcess(name: string, environment: ProcessEnvironment): BffProcess {
  const { clock, random, journal, store, server, mode, fetchResource } = environment
  let isAlive = true
  let wasClosed = false
  let isIdle = false
  let isClosing = false
  let hasGivenUp = false
  let failedWrites = 0
  /** The requests under way, and how each fails. */
  const pendingRequests = new Map<Promise<void>, (error: Error) => void>()

  const guard = <T>(work: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      work.then(
        (value) => isAlive && resolve(value),
        (error: unknown) => isAlive && reject(error as Error),
      )
    })

  const user: TokenUser = {
    name,
    isAlive: () => isAlive,
    wasClosed: () => wasClosed,
    hasGivenUp: () => hasGivenUp,
  }
  const fetchToken = server.createFetch(user)

  const sleep = (milliseconds: number, signal?: AbortSignal): Promise<unknown> =>
    guard(
      new Promise<void>((resolve, reject) => {
        const abort = (): void => reject(signal?.reason as Error)
        if (signal?.aborted) return abort()
        const clear = clock.setTimer(milliseconds, () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        })
        const onAbort = (): void => {
          clear()
          abort()
        }
        signal?.addEventListener('abort', onAbort, { once: true })
      }),
    )

  const onStoreResult = (method: string, hasFailed: boolean): void => {
    if (method === 'replace') failedWrites = hasFailed ? failedWrites + 1 : 0
    if (isClosing && failedWrites >= maxFailedWrites) hasGivenUp = true
  }

  const bff: Bff = createBff({
    provider,
    mode,
    origin,
    session: sessionLimits,
    ...(mode === 'proxy' && {
      proxy: [{ path: '/api/*', to: 'https://api.test/*', methods: ['GET', 'POST'] }],
    }),
    store: store.connect({ guard, onResult: onStoreResult }),
    logger: {
      info: () => {},
      warn: (message) => journal.note(`${name} warns: ${message.slice(0, 90)}`),
      error: (message) => hasGivenUp || journal.violate('no error in the log', `${name}: ${message}`),
    },
    platform: {
      now: clock.now,
      sleep,
      startTimer: (milliseconds, callback) => clock.setTimer(milliseconds, () => isAlive && callback()),
      randomBytes: random.bytes,
      loggedKeys: new Set(),
      env: () => undefined,
      fetch: (input, init) => {
        const url = getUrl(input)
        return guard(
          url.startsWith('https://login.test/') ? fetchToken(input, init) : fetchResource(url, init),
        )
      },
    },
  })

  const cutConnections = (): void => {
    for (const fail of pendingRequests.values()) fail(createConnectionError('ECONNRESET'))
    pendingRequests.clear()
  }

  const kill = (): void => {
    isAlive = false
    cutConnections()
  }

  return {
    ...user,
    fetch: (request) =>
      new Promise((resolve, reject) => {
        const work = bff.fetch(request).then(resolve, reject)
        pendingRequests.set(work, reject)
        void work.then(() => pendingRequests.delete(work))
      }),
    kill,
    isIdle: () => isIdle,
    async close(cutsConnections) {
      isClosing = true
      if (cutsConnections) cutConnections()
      const closed = bff.close().then(() => (isIdle = true))
      const done = Promise.all([closed, ...pendingRequests.keys()])
      await Promise.race([done, clock.wait(maxCloseMs)])
      if (!isAlive) return
      wasClosed = true
      kill()
    },
  }
}
