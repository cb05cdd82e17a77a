import { isJsonObject, getByPointer } from '../json.ts'
import type { GrantPurpose, TokenResult } from './token-result.ts'
import type { Provider } from '../description/provider-description.ts'
import { getRetryAfterSeconds } from './retry-after.ts'
import { configurationCodes, findBlamedParameters, isStandardCode, readError } from './error-fields.ts'
import type { HttpResponse } from './http-client.ts'

/** Parses a response without a token. The result contains nothing that the server wrote. */
export function parseErrorResponse(
  response: HttpResponse,
  body: unknown,
  provider: Provider,
  purpose: GrantPurpose,
): TokenResult {
  const { status } = response
  const { errors, login } = provider
  const { code, descriptionText, challenge, rule } = readError(response, body, provider, purpose)
  const isKnownCode = isStandardCode(code)
  const summary = `the token endpoint responded with ${status}${isKnownCode ? ` ${code}` : ''}`
  const retryFields = {
    hint: summary,
    retryAfter: getRetryAfterSeconds(response, provider.resource),
    isResponseLost: false,
  }

  // No user is there to take another step during a refresh.
  if (challenge)
    return purpose === 'refresh' ? { kind: 'session_ended' } : createChallengeResult(challenge, body, summary)

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
  if (code === 'invalid_request' && purpose === 'sign-in') {
    const fields = [login, ...errors.challenges].flatMap((step) => Object.keys(step.fields))
    const field = findRejectedField(descriptionText, fields)
    if (field !== null)
      return { kind: 'invalid_credentials', hint: `${summary}: it does not accept this value of ${field}` }
  }
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

/** Words of descriptions that concern the request, and not the value of a field. */
const requestWords =
  /missing|required|unknown|unsupported|not supported|unexpected|duplicate|repeat|more than once|grant|client|scope|method|header|content.type/

/** Returns the field of the user whose value a description rejects, or `null` when it names none or something else. */
function findRejectedField(descriptionText: string, fieldNames: string[]): string | null {
  if (requestWords.test(descriptionText)) return null
  const words = descriptionText.split(/[^\w.-]+/)
  return fieldNames.find((name) => words.includes(name.toLowerCase())) ?? null
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
