import type { AuthorizationServer } from './authorization-server.ts'
import { createAuthorizationServer } from './authorization-server.ts'
import type { BffProcess } from './bff-process.ts'
import { createBffProcess } from './bff-process.ts'
import type { Clock } from './clock.ts'
import { createClock } from './clock.ts'
import type { History } from './history.ts'
import { pageCounts, processCount } from './history.ts'
import type { Journal } from './journal.ts'
import { createJournal } from './journal.ts'
import type { Random } from './random.ts'
import { createRandom } from './random.ts'
import type { ResponseChecks } from './response-checks.ts'
import { createResponseChecks } from './response-checks.ts'
import type { SharedStore } from './shared-store.ts'
import { createSharedStore } from './shared-store.ts'
import type { SimulatedBrowser } from './simulated-browser.ts'
import { createSimulatedBrowser } from './simulated-browser.ts'
import type { TokenFamily } from './token-family.ts'

/** Browsers, BFFs, a store, an authorization server and a resource server, with one clock. */
export interface Simulation {
  readonly clock: Clock
  readonly random: Random
  readonly journal: Journal
  readonly server: AuthorizationServer
  readonly store: SharedStore
  readonly checks: ResponseChecks
  readonly browsers: readonly SimulatedBrowser[]
  readonly processes: BffProcess[]
  /** Starts a process in place of another one. */
  readonly replaceProcess: (process: BffProcess) => void
  /** Makes the resource server reject every token that has been issued so far. */
  readonly rejectTokens: () => void
}

export function createSimulation({ kind, mode, lifetime }: Omit<History, 'steps'>): Simulation {
  const clock = createClock()
  const random = createRandom(1)
  const journal = createJournal(clock)
  const server = createAuthorizationServer(kind, lifetime, clock, random, journal)
  const store = createSharedStore(clock, random)
  const checks = createResponseChecks(mode, server, clock, journal)
  /** The sessions of the requests that a BFF forwards. */
  const forwarded: (TokenFamily | undefined)[] = []
  let startedProcesses = 0
  let rejectedUntil = -Infinity

  const isAccepted = (value: string): boolean => {
    const token = server.findAccessToken(value)
    if (!token) return false
    checks.observeToken(value)
    const { family, issuedAt, expiresAt } = token
    return !family.isRevoked && issuedAt > rejectedUntil && clock.now() < expiresAt
  }

  const respond = (authorization: string | null): Response => {
    const value = authorization?.replace(/^Bearer /, '') ?? ''
    return isAccepted(value)
      ? Response.json({ item: 1 })
      : new Response(null, { status: 401, headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' } })
  }

  const startProcess = (): BffProcess => {
    startedProcesses += 1
    return createBffProcess(`bff${startedProcesses}`, {
      clock,
      random,
      journal,
      store,
      server,
      mode,
      async fetchResource(url, init) {
        const authorization = new Headers(init?.headers).get('authorization')
        await clock.wait(1 + random.below(10))
        const owner = server.findAccessToken(authorization?.replace('Bearer ', '') ?? '')?.family
        const family = forwarded[Number(new URL(url).searchParams.get('n'))]
        if (owner !== family)
          journal.violate('no token to another user', `a request of ${family?.id} got ${authorization}`)
        const response = respond(authorization)
        await clock.wait(1 + random.below(10))
        return response
      },
    })
  }
  const processes = Array.from({ length: processCount }, startProcess)

  const browsers = pageCounts.map((_, index) =>
    createSimulatedBrowser(`b${index + 1}`, {
      clock,
      random,
      journal,
      server,
      checks,
      mode,
      sendToBff: (request) => random.pick(processes).fetch(request),
      sendToResource: respond,
      addForwarded: (family) => String(forwarded.push(family) - 1),
    }),
  )

  return {
    clock,
    random,
    journal,
    server,
    store,
    checks,
    browsers,
    processes,
    replaceProcess: (process) => void (processes[processes.indexOf(process)] = startProcess()),
    rejectTokens: () => void (rejectedUntil = clock.now()),
  }
}
