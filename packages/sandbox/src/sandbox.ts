import { createTextResponse } from './responses.ts'
import { handleControlRequest } from './control.ts'
import type { CorsOrigins } from './cors.ts'
import { createCors, isPreflight } from './cors.ts'
import { applyFault } from './apply-fault.ts'
import type { Faults } from './faults.ts'
import { createFaults } from './faults.ts'
import { createHealthResponse, isHealthPath } from './health.ts'
import type { Client, SandboxUser } from './users.ts'
import { cathy, demoClient, noor } from './users.ts'
import type { RequestLog } from './requests.ts'
import { createRequestLog, toGrantName } from './requests.ts'
import type { Endpoint, SystemRequest, SandboxContext } from './system.ts'
import { isForm } from './system.ts'
import { resolveUsers } from './resolve-users.ts'
import type { SystemName, SystemOptions } from './systems/index.ts'
import { createSystems, systemNames } from './systems/index.ts'

export interface SandboxOptions extends SystemOptions {
  /** The users who can sign in to every system. Defaults to {@link cathy} and {@link noor}. */
  readonly users?: readonly SandboxUser[]
  /** The registered client. Defaults to {@link demoClient}. */
  readonly client?: Client
  /**
   * The origins whose pages may call the APIs: `true` for any. Never applies to token endpoints and discovery.
   * Defaults to `false`, because the documented systems do not mention CORS.
   */
  readonly cors?: CorsOrigins
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
  /**
   * Replaces the option `cors` for the next requests.
   *
   * @throws TypeError when an entry of the list is not an origin
   */
  readonly setCors: (origins: CorsOrigins) => void
  /** Expires all access tokens. Refresh tokens stay valid. */
  readonly expireAccessTokens: () => void
  /** Revokes all access tokens and refresh tokens. */
  readonly revokeAll: () => void
}

/**
 * Creates a sandbox without a server.
 *
 * @throws TypeError when `users` or `cors` is not valid, with one line for each issue
 */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  const context: SandboxContext = {
    now: options.now ?? Date.now,
    randomId: options.randomId ?? (() => crypto.randomUUID()),
    users: resolveUsers(options.users ?? [cathy, noor]),
    client: options.client ?? demoClient,
  }
  const wait = options.wait ?? ((ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms)))
  const systems = createSystems(context, options)
  const cors = createCors(options.cors ?? false)
  const faults = createFaults()
  const requests = createRequestLog()
  const controls = {
    faults,
    requests,
    setCors: cors.setOrigins,
    expireAccessTokens: () =>
      Object.values(systems).forEach(({ tokenIssuer }) => tokenIssuer.expireAccessTokens()),
    revokeAll: () => Object.values(systems).forEach(({ tokenIssuer }) => tokenIssuer.revokeAll()),
  }

  async function respond(raw: Request): Promise<Response> {
    const url = new URL(raw.url)
    if (isHealthPath(url.pathname)) return createHealthResponse(raw, url)
    if (url.pathname.startsWith('/control/')) return handleControlRequest(raw, url.pathname, controls)

    const system = systemNames.find((name) => url.pathname.startsWith(`/${name}/`))
    const path = system ? url.pathname.slice(`/${system}`.length) : ''
    const endpoint = system && systems[system].endpoints.find((candidate) => candidate.path.test(path))
    const form = await readForm(raw)
    const kind = isPreflight(raw) ? 'preflight' : (endpoint?.kind ?? 'other')
    const grant = toGrantName(form.get('grant_type') ?? url.searchParams.get('grant_type'))
    const entry = requests.add({
      ...(system && { system }),
      kind,
      method: raw.method,
      path: url.pathname,
      ...(kind === 'token' && { grant }),
      at: context.now(),
      status: null,
    })

    const hasCors = system !== undefined && (!endpoint || endpoint.kind === 'resource')
    const preflightResponse = hasCors ? cors.respondToPreflight(raw, endpoint?.methods) : null
    const response =
      preflightResponse ??
      (system && endpoint
        ? await runEndpoint(system, endpoint, { raw, url, base: `${url.origin}/${system}`, form }, path)
        : createTextResponse(404, ''))
    if (hasCors) cors.addHeaders(raw, response)
    entry.status = response.status
    return response
  }

  /** Runs an endpoint with the next fault that applies to it. */
  async function runEndpoint(
    system: SystemName,
    endpoint: Endpoint,
    request: SystemRequest,
    path: string,
  ): Promise<Response> {
    if (!endpoint.methods.includes(request.raw.method)) {
      return createTextResponse(405, '', { Allow: endpoint.methods.join(', ') })
    }
    const captures = endpoint.path.exec(path)?.slice(1) ?? []
    const runWithoutFault = async (): Promise<Response> => endpoint.respond(request, ...captures)
    const fault = faults.take(system, endpoint.kind)
    return fault
      ? applyFault(fault, {
          url: request.url,
          respond: runWithoutFault,
          refuse: () => endpoint.refuse(request),
          wait,
          hang: faults.hang,
        })
      : runWithoutFault()
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
