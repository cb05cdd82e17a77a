import { createTextResponse } from './responses.ts'
import { handleControlRequest } from './control.ts'
import { applyFault } from './apply-fault.ts'
import type { Faults } from './faults.ts'
import { createFaults } from './faults.ts'
import type { Client, SandboxUser } from './users.ts'
import { cathy, demoClient, noor } from './users.ts'
import type { LoggedRequest, RequestLog } from './requests.ts'
import { createRequestLog, toGrantName } from './requests.ts'
import type { SystemRequest, SandboxContext } from './system.ts'
import { isForm } from './system.ts'
import type { SystemOptions } from './systems/index.ts'
import { createSystems, systemNames } from './systems/index.ts'

export interface SandboxOptions extends SystemOptions {
  /** The users who can sign in. Defaults to {@link cathy} and {@link noor}. */
  readonly users?: readonly SandboxUser[]
  /** The registered client. Defaults to {@link demoClient}. */
  readonly client?: Client
  /** Returns milliseconds since 1970. Defaults to `Date.now`. */
  readonly now?: () => number
  /** Returns a new token. Defaults to `crypto.randomUUID`. */
  readonly randomId?: () => string
  /** Delays a slow response. Defaults to a real timer. */
  readonly wait?: (ms: number) => Promise<void>
}

/** All documented systems in one handler, each below `/{name}`. */
export interface Sandbox {
  /**
   * Responds to a request to any origin. It can replace `fetch`: it rejects with `TypeError` when a fault closes
   * the connection, obeys `signal`, and does not follow redirects.
   */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  readonly faults: Faults
  readonly requests: RequestLog
  /** Expires all access tokens. Refresh tokens stay valid. */
  readonly expireAccessTokens: () => void
  /** Revokes all access tokens and refresh tokens. */
  readonly revokeAll: () => void
}

/** Creates a sandbox without a server. */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  const context: SandboxContext = {
    now: options.now ?? Date.now,
    randomId: options.randomId ?? (() => crypto.randomUUID()),
    users: options.users ?? [cathy, noor],
    client: options.client ?? demoClient,
  }
  const wait = options.wait ?? ((ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms)))
  const systems = createSystems(context, options)
  const faults = createFaults()
  const requests = createRequestLog()
  const controls = {
    faults,
    requests,
    expireAccessTokens: () =>
      Object.values(systems).forEach(({ tokenIssuer }) => tokenIssuer.expireAccessTokens()),
    revokeAll: () => Object.values(systems).forEach(({ tokenIssuer }) => tokenIssuer.revokeAll()),
  }

  async function respond(raw: Request): Promise<Response> {
    const url = new URL(raw.url)
    if (url.pathname.startsWith('/control/')) return handleControlRequest(raw, url.pathname, controls)
    const system = systemNames.find((name) => url.pathname.startsWith(`/${name}/`))
    const addToLog = (entry: Pick<LoggedRequest, 'kind'> & Partial<LoggedRequest>): LoggedRequest =>
      requests.add({ method: raw.method, path: url.pathname, at: context.now(), status: null, ...entry })

    const path = system ? url.pathname.slice(`/${system}`.length) : ''
    const endpoint = system && systems[system].endpoints.find((candidate) => candidate.path.test(path))
    if (!endpoint) {
      const entry = addToLog({ ...(system && { system }), kind: 'other' })
      return recordStatus(entry, createTextResponse(404, ''))
    }

    const request: SystemRequest = {
      raw,
      url,
      base: `${url.origin}/${system}`,
      form: await readForm(raw),
    }
    const { kind, methods } = endpoint
    const grant = toGrantName(request.form.get('grant_type') ?? url.searchParams.get('grant_type'))
    const entry = addToLog({ system, kind, ...(kind === 'token' && { grant }) })
    if (!methods.includes(raw.method)) {
      return recordStatus(entry, createTextResponse(405, '', { Allow: methods.join(', ') }))
    }

    const captures = endpoint.path.exec(path)?.slice(1) ?? []
    const respondWithoutFault = async (): Promise<Response> => endpoint.respond(request, ...captures)
    const fault = faults.take(system, kind)
    if (!fault) return recordStatus(entry, await respondWithoutFault())
    const response = await applyFault(fault, {
      url,
      respond: respondWithoutFault,
      refuse: () => endpoint.refuse(request),
      wait,
      hang: faults.hang,
    })
    return recordStatus(entry, response)
  }

  return {
    ...controls,
    fetch: async (input, init) => {
      const request = new Request(input, init)
      const response = await Promise.race([respond(request), rejectOnAbort(request.signal)])
      if (request.redirect === 'error' && response.headers.has('Location'))
        throw new TypeError('fetch failed')
      return response
    },
  }
}

function recordStatus(entry: LoggedRequest, response: Response): Response {
  entry.status = response.status
  return response
}

async function readForm(request: Request): Promise<URLSearchParams> {
  return new URLSearchParams(isForm(request) ? await request.text() : '')
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = (): void => reject(signal.reason as Error)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
}
