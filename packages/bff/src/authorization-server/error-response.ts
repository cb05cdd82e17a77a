import { isJsonObject, getByPointer } from '../json.ts'
import type { GrantPurpose, TokenResult } from './token-result.ts'
import type { Provider } from '../description/provider-description.ts'
import { getRetryAfterSeconds } from './retry-after.ts'
import type { HttpResponse } from './http-client.ts'

/** Error codes about the client or the request, not about the user (RFC 6749 §5.2), with the fix. */
const configurationCodes: Record<string, string> = {
  invalid_client:
    'the server rejected the client id or the client secret. Check them for stray characters, and try the other values of clientAuth and basicEncoding',
  unauthorized_client: 'this client may not use this grant. Allow it at the authorization server',
  unsupported_grant_type:
    'the server does not know this grant, or it is switched off there. Enable it at the authorization server',
  invalid_scope:
    'the server does not know the scope, or this client may not request it. Change scope, or allow it at the authorization server',
  invalid_request:
    'a parameter is missing or unknown to the server. Check that clientAuth, method and encoding are what it expects',
  invalid_target: 'the server does not know the resource or audience in params (RFC 8707). Correct it',
  use_dpop_nonce: 'the server requires DPoP (RFC 9449), which Latchkey does not support',
  mfa_required: 'the server requires a second factor. Describe it in errors.challenges',
  interaction_required: 'the server requires the user to visit one of its pages, which this grant cannot do',
}

/** Parameters that come from the configuration: a server that rejects one of them rejects the configuration. */
const configuredParameters = ['client_id', 'client_secret', 'grant_type', 'scope', 'refresh_token']

/** Parses a response without a token. The result contains nothing that the server wrote. */
export function parseErrorResponse(
  response: HttpResponse,
  body: unknown,
  provider: Provider,
  purpose: GrantPurpose,
): TokenResult {
  const { status } = response
  const { errors, login } = provider
  const code = findText(body, errors.code)
  const descriptionText = errors.description
    .map((pointer) => toLowerCase(getByPointer(body, pointer)))
    .join('\n')
  const matchesRule = (rule: {
    status?: number | undefined
    code?: string | undefined
    contains?: string | undefined
  }): boolean =>
    (rule.status === undefined || rule.status === status) &&
    (rule.code === undefined || rule.code === code) &&
    (rule.contains === undefined || descriptionText.includes(rule.contains.toLowerCase()))

  const isKnownCode = code !== null && (Object.hasOwn(configurationCodes, code) || code === 'invalid_grant')
  const summary = `the token endpoint responded with ${status}${isKnownCode ? ` ${code}` : ''}`
  const retryFields = {
    hint: summary,
    retryAfter: getRetryAfterSeconds(response, provider.resource),
    isResponseLost: false,
  }

  const challenge = errors.challenges.find(
    ({ when }) => matchesRule(when) && (when.has === undefined || hasValue(getByPointer(body, when.has))),
  )
  // No user is there to take another step during a refresh.
  if (challenge)
    return purpose === 'refresh' ? { kind: 'session_ended' } : createChallengeResult(challenge, body, summary)

  const rule = errors.map.find(
    (candidate) => matchesRule(candidate) && (candidate.during === undefined || candidate.during === purpose),
  )
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
  // Some runtimes report a redirect that they do not follow as status 0.
  if (status < 200 || (status >= 300 && status < 400))
    return {
      kind: 'configuration_error',
      hint: `${summary}: redirects are not followed. Configure the URL that the redirect leads to`,
    }
  if (code === 'invalid_client' && login.userIsClient && purpose === 'sign-in')
    return { kind: 'invalid_credentials' }
  if (code !== null && Object.hasOwn(configurationCodes, code))
    return { kind: 'configuration_error', hint: `${summary}: ${configurationCodes[code]}` }
  const blamed = findBlamedParameters(body, errors.code)
  if (blamed.length > 0)
    return {
      kind: 'configuration_error',
      hint: `${summary} and rejected ${blamed.join(', ')}. Check the configuration of each`,
    }

  const isUserRejected = status < 300 || [400, 401, 403, 422].includes(status)
  if (!isUserRejected)
    return { kind: 'configuration_error', hint: `${summary}. Check the URL of the token endpoint` }
  if (login.mode === 'automatic' && purpose === 'sign-in')
    return {
      kind: 'configuration_error',
      hint: `${summary}: the server rejected the client id, the client secret or the grant. Check all three`,
    }
  if (purpose === 'sign-in') return { kind: 'invalid_credentials' }
  if (code === 'invalid_grant') return { kind: 'session_ended' }
  return {
    kind: 'temporarily_unavailable',
    ...retryFields,
    isUnexplained: response.text.trim() === '' || isJsonObject(body),
    hint: `${summary} to a refresh, which does not say whether the session has ended. If it has, map this response to "session_ended" in errors.map`,
  }
}

function createChallengeResult(
  rule: Provider['errors']['challenges'][number],
  body: unknown,
  summary: string,
): TokenResult {
  const continuation: Record<string, string> = {}
  for (const [name, pointer] of Object.entries(rule.forward)) {
    const value = getByPointer(body, pointer)
    if (typeof value !== 'string' || value === '')
      return {
        kind: 'configuration_error',
        hint: `${summary} and requires another step, but the response has no string at ${pointer}. Correct forward in errors.challenges`,
      }
    continuation[name] = value
  }
  return { kind: 'challenge_required', rule, continuation }
}

function findText(body: unknown, pointers: string[]): string | null {
  const values = pointers.map((pointer) => getByPointer(body, pointer))
  return values.find((value): value is string => typeof value === 'string') ?? null
}

function toLowerCase(value: unknown): string {
  return typeof value === 'string' ? value.toLowerCase() : ''
}

/** Whether a member of a response means something: several servers send `false`, `null` or `""` for "no error". */
export function hasValue(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== ''
}

/** Some servers send an object of parameter names and messages in place of the error code. */
function findBlamedParameters(body: unknown, pointers: string[]): string[] {
  const messages = pointers.map((pointer) => getByPointer(body, pointer)).find(isJsonObject) ?? {}
  return configuredParameters.filter((name) => Object.hasOwn(messages, name))
}
