import { createJsonResponse, createTextResponse } from './responses.ts'
import type { Fault, Faults } from './faults.ts'
import type { RequestLog } from './requests.ts'
import { systemNames } from './systems/index.ts'

/** What the control endpoint can do, so that other processes can do what a test does by calling. */
export interface ControlTargets {
  readonly faults: Faults
  readonly requests: RequestLog
  readonly expireAccessTokens: () => void
  readonly revokeAll: () => void
}

/**
 * `POST /control/faults` with a {@link Fault} or an array of them; `DELETE /control/faults` clears and
 * releases; `GET /control/requests`; `POST /control/expire-access-tokens`; `POST /control/revoke-all`.
 */
export async function handleControlRequest(
  request: Request,
  path: string,
  controlled: ControlTargets,
): Promise<Response> {
  const { faults, requests, expireAccessTokens, revokeAll } = controlled
  switch (`${request.method} ${path}`) {
    case 'POST /control/faults': {
      const given: unknown = await request.json().catch(() => null)
      const wanted: unknown[] = Array.isArray(given) ? given : [given]
      if (!wanted.every(isFault)) return createJsonResponse(400, { error: 'not a fault', examples })
      faults.add(...wanted)
      return done()
    }
    case 'DELETE /control/faults':
      faults.clear()
      return done()
    case 'GET /control/requests':
      return createJsonResponse(200, requests.all())
    case 'POST /control/expire-access-tokens':
      expireAccessTokens()
      return done()
    case 'POST /control/revoke-all':
      revokeAll()
      return done()
    default:
      return createTextResponse(404, '')
  }
}

const examples: Fault[] = [
  { kind: 'slow', ms: 2000 },
  { kind: 'status', status: 503, retryAfter: 7, times: 3 },
  { kind: 'disconnect', when: 'body', on: 'resource', system: 'class' },
]

const done = (): Response => new Response(null, { status: 204 })

type Check = (value: unknown) => boolean
const isNumber: Check = (value) => typeof value === 'number' && value >= 0
const isText: Check = (value) => typeof value === 'string'
const oneOf =
  (...values: unknown[]): Check =>
  (value) =>
    values.includes(value)
const absentOr =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)
const isStatus: Check = (value) => isNumber(value) && Number(value) >= 200 && Number(value) < 600
const isHeaders: Check = (value) =>
  typeof value === 'object' && value !== null && Object.values(value).every(isText)

const targetMembers: Record<string, Check> = {
  kind: isText,
  system: absentOr(oneOf(...systemNames)),
  on: absentOr(oneOf('token', 'resource', 'discovery')),
  times: absentOr(isNumber),
}
const failureMembers: Record<Fault['kind'], Record<string, Check>> = {
  slow: { ms: isNumber, when: absentOr(oneOf('before', 'after')) },
  hang: { when: absentOr(oneOf('before', 'after')) },
  disconnect: { when: absentOr(oneOf('before', 'after', 'body')) },
  status: {
    status: isStatus,
    retryAfter: absentOr((value) => isNumber(value) || isText(value)),
    headers: absentOr(isHeaders),
    body: () => true,
  },
  html: { status: absentOr(isStatus) },
  refuse: {},
  malformed: {},
  redirect: { status: absentOr(oneOf(301, 302, 303, 307, 308)), location: absentOr(isText) },
}

/** Strict, so that a misspelt fault does not silently do nothing. */
function isFault(value: unknown): value is Fault {
  if (typeof value !== 'object' || value === null) return false
  const fault = value as Record<string, unknown>
  const own = Object.entries(failureMembers).find(([kind]) => kind === fault['kind'])?.[1]
  if (!own) return false
  const members = { ...targetMembers, ...own }
  return (
    Object.entries(members).every(([member, check]) => check(fault[member])) &&
    Object.keys(fault).every((member) => Object.hasOwn(members, member))
  )
}
