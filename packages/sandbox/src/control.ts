import { createJsonResponse, createTextResponse } from './responses.ts'
import type { CorsOrigins } from './cors.ts'
import { exampleOrigin, validateCorsOrigins } from './cors.ts'
import type { Fault, Faults } from './faults.ts'
import type { RequestLog } from './requests.ts'
import { systemNames } from './systems/index.ts'

/** The parts of a sandbox that another process can control over HTTP. */
export interface ControlTargets {
  readonly faults: Faults
  readonly requests: RequestLog
  readonly setCors: (origins: CorsOrigins) => void
  readonly expireAccessTokens: () => void
  readonly revokeAll: () => void
}

/**
 * `POST /control/faults` adds a {@link Fault} or an array of them; `DELETE /control/faults` removes them all and
 * lets hanging requests continue; `GET /control/requests`; `POST /control/cors` with {@link CorsOrigins};
 * `POST /control/expire-access-tokens`; `POST /control/revoke-all`.
 */
export async function handleControlRequest(
  request: Request,
  path: string,
  { faults, requests, setCors, expireAccessTokens, revokeAll }: ControlTargets,
): Promise<Response> {
  switch (`${request.method} ${path}`) {
    case 'POST /control/faults': {
      const body: unknown = await request.json().catch(() => null)
      const candidates: unknown[] = Array.isArray(body) ? body : [body]
      if (!candidates.every(isFault)) {
        const error =
          'The body is not a fault. Expected: a fault or an array of faults, such as the examples.'
        return createJsonResponse(400, { error, examples: exampleFaults })
      }
      faults.add(...candidates)
      return createEmptyResponse()
    }
    case 'DELETE /control/faults':
      faults.clear()
      return createEmptyResponse()
    case 'GET /control/requests':
      return createJsonResponse(200, requests.all())
    case 'POST /control/cors': {
      const body: unknown = await request.json().catch(() => null)
      const error = validateCorsOrigins(body)
      if (error !== null) {
        return createJsonResponse(400, { error, examples: [true, [exampleOrigin], false] })
      }
      setCors(body as CorsOrigins)
      return createEmptyResponse()
    }
    case 'POST /control/expire-access-tokens':
      expireAccessTokens()
      return createEmptyResponse()
    case 'POST /control/revoke-all':
      revokeAll()
      return createEmptyResponse()
    default:
      return createTextResponse(404, '')
  }
}

const exampleFaults: Fault[] = [
  { kind: 'slow', ms: 2000 },
  { kind: 'status', status: 503, retryAfter: 7, times: 3 },
  { kind: 'disconnect', when: 'body', on: 'resource', system: 'class' },
]

const createEmptyResponse = (): Response => new Response(null, { status: 204 })

type Predicate = (value: unknown) => boolean
const isNumber: Predicate = (value) => typeof value === 'number' && value >= 0
const isString: Predicate = (value) => typeof value === 'string'
const isOneOf =
  (...values: unknown[]): Predicate =>
  (value) =>
    values.includes(value)
const isAbsentOr =
  (predicate: Predicate): Predicate =>
  (value) =>
    value === undefined || predicate(value)
const isStatus: Predicate = (value) => isNumber(value) && Number(value) >= 200 && Number(value) < 600
const isHeaders: Predicate = (value) =>
  typeof value === 'object' && value !== null && Object.values(value).every(isString)

const targetMembers: Record<string, Predicate> = {
  kind: isString,
  system: isAbsentOr(isOneOf(...systemNames)),
  on: isAbsentOr(isOneOf('token', 'resource', 'discovery')),
  times: isAbsentOr(isNumber),
}
const failureMembers: Record<Fault['kind'], Record<string, Predicate>> = {
  slow: { ms: isNumber, when: isAbsentOr(isOneOf('before', 'after')) },
  hang: { when: isAbsentOr(isOneOf('before', 'after')) },
  disconnect: { when: isAbsentOr(isOneOf('before', 'after', 'body')) },
  status: {
    status: isStatus,
    retryAfter: isAbsentOr((value) => isNumber(value) || isString(value)),
    headers: isAbsentOr(isHeaders),
    body: () => true,
  },
  html: { status: isAbsentOr(isStatus) },
  refuse: {},
  malformed: {},
  redirect: {
    status: isAbsentOr(isOneOf(301, 302, 303, 307, 308)),
    location: isAbsentOr(isString),
  },
}

/** Rejects unknown members, so that a misspelt fault is an error instead of having no effect. */
function isFault(value: unknown): value is Fault {
  if (typeof value !== 'object' || value === null) return false
  const fault = value as Record<string, unknown>
  const kindMembers = Object.entries(failureMembers).find(([kind]) => kind === fault['kind'])?.[1]
  if (!kindMembers) return false
  const members = { ...targetMembers, ...kindMembers }
  return (
    Object.entries(members).every(([member, predicate]) => predicate(fault[member])) &&
    Object.keys(fault).every((member) => Object.hasOwn(members, member))
  )
}
