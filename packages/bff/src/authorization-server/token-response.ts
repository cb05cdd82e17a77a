import { parseLifetime } from './token-lifetime.ts'
import { isJsonObject, isWithinDepth, parseJson, getByPointer } from '../json.ts'
import type { GrantPurpose, TokenResult } from './token-result.ts'
import type { Provider } from '../description/provider-description.ts'
import { hasToken, listSecretTokens, removeTokens } from '../token-removal.ts'
import { hasValue } from './error-fields.ts'
import { parseErrorResponse } from './error-response.ts'
import { validateEndpointUrl } from '../endpoint-url.ts'
import type { HttpResponse, UpstreamFailure } from './http-client.ts'

/**
 * Parses what the token endpoint responded with, or the failure to get a response. Never throws.
 *
 * @param sentAt milliseconds since 1970
 */
export function parseTokenResponse(
  response: HttpResponse | UpstreamFailure,
  provider: Provider,
  purpose: GrantPurpose,
  sentAt: number,
): TokenResult {
  if ('hint' in response)
    return {
      kind: 'temporarily_unavailable',
      hint: response.hint,
      retryAfter: null,
      isResponseLost: response.wasSent,
    }
  const body = parseJson(response.text, provider.response.json)
  const isSuccess = response.status >= 200 && response.status < 300
  const accessToken = isSuccess ? getField('access_token', response, body, provider) : undefined
  if (typeof accessToken === 'string' && accessToken !== '')
    return createIssuedResult(accessToken, response, body, provider, sentAt)
  if (!isSuccess || hasErrorField(body, provider))
    return parseErrorResponse(response, body, provider, purpose)
  if (isJsonObject(body)) return { kind: 'configuration_error', hint: missingTokenHint }
  if (formEncoded.test(response.headers.get('content-type') ?? ''))
    return { kind: 'configuration_error', hint: formEncodedHint }
  return {
    kind: 'temporarily_unavailable',
    hint: 'the response is not a JSON object. Check the URL of the token endpoint',
    retryAfter: null,
    isResponseLost: true,
  }
}

const missingTokenHint =
  'the response has no access_token. Check the URL of the token endpoint, or say in response.fields where the token is'
const formEncoded = /^application\/x-www-form-urlencoded\b/i
const formEncodedHint =
  'the response is form-encoded, although Latchkey requested JSON (RFC 6749 §5.1). Convert it in the hook transformResponse'

/** Whether a response with a 2xx status reports an error; several servers send such. */
function hasErrorField(body: unknown, { errors }: Provider): boolean {
  const pointers = [...errors.code, ...errors.challenges.flatMap(({ when }) => when.has ?? [])]
  return pointers.some((pointer) => hasValue(getByPointer(body, pointer)))
}

function createIssuedResult(
  accessToken: string,
  httpResponse: HttpResponse,
  body: unknown,
  provider: Provider,
  sentAt: number,
): TokenResult {
  const { response, resource } = provider
  const receivedType = getField('token_type', httpResponse, body, provider)
  const type = typeof receivedType === 'string' ? receivedType : response.defaultTokenType
  const scheme = 'scheme' in resource.tokenPlacement ? resource.tokenPlacement.scheme : ''
  if (type === undefined)
    return {
      kind: 'configuration_error',
      hint: 'the response has no token_type. Set defaultTokenType to "Bearer" if the token is a bearer token',
    }
  if (type.toLowerCase() === 'dpop')
    return {
      kind: 'configuration_error',
      hint: 'the token is bound to a key (DPoP, RFC 9449), which Latchkey does not support',
    }
  if (
    !['bearer', scheme.toLowerCase(), response.defaultTokenType?.toLowerCase()].includes(type.toLowerCase())
  )
    return {
      kind: 'configuration_error',
      hint: 'the response has a token_type other than Bearer. If the token is a bearer token, set defaultTokenType to that type',
    }
  if (!/^[\u0021-\u007e]+$/.test(accessToken))
    return {
      kind: 'configuration_error',
      hint: 'the access_token contains characters that a header cannot contain',
    }
  const refreshToken = parseText(getField('refresh_token', httpResponse, body, provider))
  const idToken = parseText(getField('id_token', httpResponse, body, provider))
  const secretTokens = [refreshToken, idToken, ...(isWithinDepth(body) ? listSecretTokens(body) : [])]
  if (secretTokens.includes(accessToken) || hasToken(accessToken, secretTokens))
    return {
      kind: 'configuration_error',
      hint: 'the access_token is also a refresh token or an ID Token, which must not reach a page. Correct response.fields',
    }
  const apiBaseUrl = resource.baseUrlFrom ? parseApiBaseUrl(body, resource.baseUrlFrom) : null
  if (apiBaseUrl === undefined)
    return {
      kind: 'configuration_error',
      hint: 'the response names no API base URL below resource.baseUrlFrom.hostSuffix. Correct baseUrlFrom',
    }

  const lifetime = parseLifetime(body, accessToken, response.expiry, sentAt)
  return {
    kind: 'issued',
    token: {
      accessToken,
      refreshToken,
      lifetime,
      // Servers send 0 for a refresh token that does not expire.
      refreshLifetime: parseLifetime(body, '', response.refreshExpiry, sentAt) || null,
      scope: removeTokens(parseScope(getField('scope', httpResponse, body, provider)), [
        accessToken,
        ...secretTokens,
      ]),
      user: removeTokens(parseUser(body, response), [accessToken, ...secretTokens]),
      idToken,
      apiBaseUrl,
    },
  }
}

function getField(
  name: keyof Provider['response']['fields'],
  { headers }: HttpResponse,
  body: unknown,
  { response }: Provider,
): unknown {
  const source = response.fields[name]
  return source.startsWith('header:')
    ? (headers.get(source.slice('header:'.length)) ?? undefined)
    : getByPointer(body, source)
}

function parseText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function parseScope(value: unknown): string[] | null {
  const text = Array.isArray(value) ? value.filter((item) => typeof item === 'string').join(' ') : value
  const values = typeof text === 'string' ? text.split(/[^\u0021-\u007e]+/).filter((item) => item !== '') : []
  return values.length > 0 ? values : null
}

function parseUser(
  body: unknown,
  { user, extraUserFields }: Provider['response'],
): Record<string, unknown> | null {
  const described = user === undefined ? null : getByPointer(body, user)
  const entries = isJsonObject(body)
    ? Object.entries(body).filter(([name]) => extraUserFields.includes(name))
    : []
  const extraFields = Object.fromEntries(entries)
  const merged = isJsonObject(described)
    ? { ...described, ...extraFields }
    : entries.length > 0
      ? extraFields
      : null
  return merged && isWithinDepth(merged) ? merged : null
}

/** Returns the origin of the API, or `undefined` when the response names none below the configured suffix. */
function parseApiBaseUrl(
  body: unknown,
  { from, hostSuffix }: NonNullable<Provider['resource']['baseUrlFrom']>,
): string | undefined {
  const url = getByPointer(body, from)
  if (typeof url !== 'string' || validateEndpointUrl(url) !== null) return undefined
  const { hostname, origin } = new URL(url)
  return hostname.endsWith(hostSuffix) ? origin : undefined
}
