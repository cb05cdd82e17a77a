import { isJsonObject, getByPointer } from '../json.ts'
import type { GrantPurpose, TokenResult } from './token-result.ts'
import type { Provider } from '../description/provider-description.ts'
import { getRetryAfterSeconds } from './retry-after.ts'
import type { HttpResponse } from './http-client.ts'

/** Error codes that speak of the client or of the request, not of the user, and what can be done. RFC 6749 §5.2. */
const configurationCodes: Record<string, string> = {
  invalid_client:
    'the client id or the client secret is refused; look for stray characters around them, and try the other values of clientAuth and basicEncoding',
  unauthorized_client: 'this client may not use this grant; allow it at the authorization server',
  unsupported_grant_type: 'the server does not know this grant, or it is switched off there',
  invalid_scope: 'the scope is unknown there, or more than this client may ask for',
  invalid_request:
    'a parameter is missing or not understood; are clientAuth, method and encoding what this server expects?',
  invalid_target: 'the resource or audience in params is unknown there (RFC 8707)',
  use_dpop_nonce: 'the server demands DPoP (RFC 9449), which is not supported',
  mfa_required: 'the server asks for a second factor that errors.challenges does not describe',
  interaction_required: 'the server wants to show the user a page of its own, which this grant cannot do',
}

/** Parameters that no person types: a server that complains of them complains of the configuration. */
const ownParameters = ['client_id', 'client_secret', 'grant_type', 'scope', 'refresh_token']

/** Judges an answer that holds no token. Nothing the server wrote gets into what comes of it. */
export function parseErrorResponse(
  response: HttpResponse,
  body: unknown,
  provider: Provider,
  act: GrantPurpose,
): TokenResult {
  const { status } = response
  const { errors, login } = provider
  const code = firstText(body, errors.code)
  const descriptionText = errors.description.map((place) => lowerCase(getByPointer(body, place))).join('\n')
  const matchesRule = (rule: {
    status?: number | undefined
    code?: string | undefined
    contains?: string | undefined
  }): boolean =>
    (rule.status === undefined || rule.status === status) &&
    (rule.code === undefined || rule.code === code) &&
    (rule.contains === undefined || descriptionText.includes(rule.contains.toLowerCase()))

  const known = code !== null && (Object.hasOwn(configurationCodes, code) || code === 'invalid_grant')
  const summary = `the token endpoint answered ${status}${known ? ` ${code}` : ''}`
  const retryFields = {
    hint: summary,
    retryAfter: getRetryAfterSeconds(response, provider.resource),
    isResponseLost: false,
  }

  const challenge = errors.challenges.find(
    ({ when }) => matchesRule(when) && (when.has === undefined || hasValue(getByPointer(body, when.has))),
  )
  // A refresh has nobody to ask: the person signs in again.
  if (challenge)
    return act === 'refresh' ? { kind: 'session_ended' } : createChallengeResult(challenge, body, summary)

  const rule = errors.map.find((one) => matchesRule(one) && (one.during === undefined || one.during === act))
  if (rule) {
    const hint = rule.hint === undefined ? summary : `${summary}: ${rule.hint}`
    if (rule.outcome === 'configuration_error' || rule.outcome === 'access_denied')
      return { kind: rule.outcome, hint }
    if (rule.outcome === 'rate_limited' || rule.outcome === 'temporarily_unavailable')
      return { kind: rule.outcome, ...retryFields, hint }
    return { kind: rule.outcome, ...(rule.hint !== undefined && { hint }) }
  }

  if (status === 429) return { kind: 'rate_limited', ...retryFields }
  if (status >= 500 || status === 408 || status === 425)
    return { kind: 'temporarily_unavailable', ...retryFields }
  if (code === 'temporarily_unavailable' || code === 'server_error')
    return { kind: 'temporarily_unavailable', ...retryFields }
  // Some runtimes hide a redirect that they do not follow behind the status 0.
  if (status < 200 || (status >= 300 && status < 400))
    return {
      kind: 'configuration_error',
      hint: `${summary}: redirects are not followed, name the endpoint itself`,
    }
  if (code === 'invalid_client' && login.userIsClient && act === 'sign-in')
    return { kind: 'invalid_credentials' }
  if (code !== null && Object.hasOwn(configurationCodes, code))
    return { kind: 'configuration_error', hint: `${summary}: ${configurationCodes[code]}` }
  const blamed = findBlamedParameters(body, errors.code)
  if (blamed.length > 0)
    return { kind: 'configuration_error', hint: `${summary} and blames ${blamed.join(', ')}` }

  const isUserRejected = status < 300 || [400, 401, 403, 422].includes(status)
  if (!isUserRejected) return { kind: 'configuration_error', hint: `${summary}: is this the token endpoint?` }
  if (login.mode === 'automatic' && act === 'sign-in')
    return {
      kind: 'configuration_error',
      hint: `${summary}: the client id, the client secret or the grant is refused`,
    }
  if (act === 'sign-in') return { kind: 'invalid_credentials' }
  if (code === 'invalid_grant') return { kind: 'session_ended' }
  return {
    kind: 'temporarily_unavailable',
    ...retryFields,
    isUnexplained: response.text.trim() === '' || isJsonObject(body),
    hint: `${summary} to a refresh, which says nothing definite; if it means the end, say so in errors.map (as "session_ended")`,
  }
}

function createChallengeResult(
  rule: Provider['errors']['challenges'][number],
  body: unknown,
  summary: string,
): TokenResult {
  const continuation: Record<string, string> = {}
  for (const [name, place] of Object.entries(rule.forward)) {
    const value = getByPointer(body, place)
    if (typeof value !== 'string' || value === '')
      return {
        kind: 'configuration_error',
        hint: `${summary} and asks for more, but has nothing at ${place} to go on with`,
      }
    continuation[name] = value
  }
  return { kind: 'challenge_required', rule, continuation }
}

function firstText(body: unknown, places: string[]): string | null {
  const found = places.map((place) => getByPointer(body, place))
  return found.find((value): value is string => typeof value === 'string') ?? null
}

function lowerCase(value: unknown): string {
  return typeof value === 'string' ? value.toLowerCase() : ''
}

/** Whether a server says something at a place: several write `false`, `null` or nothing where there is no error. */
export function hasValue(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== ''
}

/** Some servers put an object of fields and messages where the code belongs. */
function findBlamedParameters(body: unknown, places: string[]): string[] {
  const fields = places.map((place) => getByPointer(body, place)).find(isJsonObject) ?? {}
  return ownParameters.filter((name) => Object.hasOwn(fields, name))
}
