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
  /** Who can sign in; {@link cathy} and {@link noor} unless given. */
  readonly users?: readonly SandboxUser[]
  /** The registered client; {@link demoClient} unless given. */
  readonly client?: Client
  /** Milliseconds since 1970; `Date.now` unless given. */
  readonly now?: () => number
  /** A new token each time; `crypto.randomUUID` unless given. */
  readonly randomId?: () => string
  /** How a slow answer waits; a real timer unless given. */
  readonly wait?: (ms: number) => Promise<void>
}

/** Every documented system in one handler, each below the path of its name. */
export interface Sandbox {
  /**
   * Answers a request of any origin, and can stand in for `fetch`: it rejects with `TypeError` when a fault
   * cuts the connection, heeds `signal`, and follows no redirect.
   */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  readonly faults: Faults
  readonly requests: RequestLog
  /** All access tokens are refused from now on; refresh tokens stay good. */
  readonly expireAccessTokens: () => void
  /** Every token issued until now is refused. */
  readonly revokeAll: () => void
}

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
    expireAccessTokens: () => Object.values(systems).forEach(({ grants }) => grants.expireAccessTokens()),
    revokeAll: () => Object.values(systems).forEach(({ grants }) => grants.revokeAll()),
  }

  async function respond(raw: Request): Promise<Response> {
    const url = new URL(raw.url)
    if (url.pathname.startsWith('/control/')) return handleControlRequest(raw, url.pathname, controls)
    const system = systemNames.find((name) => url.pathname.startsWith(`/${name}/`))
    const log = (entry: Pick<LoggedRequest, 'kind'> & Partial<LoggedRequest>): LoggedRequest =>
      requests.add({ method: raw.method, path: url.pathname, at: context.now(), status: null, ...entry })

    const path = system ? url.pathname.slice(`/${system}`.length) : ''
    const route = system && systems[system].routes.find((candidate) => candidate.path.test(path))
    if (!route)
      return recordStatus(log({ ...(system && { system }), kind: 'other' }), createTextResponse(404, ''))

    const call: SystemRequest = {
      raw,
      url,
      base: `${url.origin}/${system}`,
      form: await readForm(raw),
    }
    const grant = toGrantName(call.form.get('grant_type') ?? url.searchParams.get('grant_type'))
    const entry = log({ system, kind: route.kind, ...(route.kind === 'token' && { grant }) })
    if (!route.methods.includes(raw.method)) {
      return recordStatus(entry, createTextResponse(405, '', { Allow: route.methods.join(', ') }))
    }

    const captures = route.path.exec(path)?.slice(1) ?? []
    const act = async (): Promise<Response> => route.respond(call, ...captures)
    const refuse = (): Response => route.refuse(call)
    const fault = faults.take(system, route.kind)
    return recordStatus(
      entry,
      await (fault ? applyFault(fault, { url, act, refuse, wait, hold: faults.hold }) : act()),
    )
  }

  return {
    ...controls,
    fetch: async (input, init) => {
      const request = new Request(input, init)
      const response = await Promise.race([respond(request), aborted(request.signal)])
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

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(signal.reason as Error)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
}
