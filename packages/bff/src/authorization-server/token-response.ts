import { parseLifetime } from './token-lifetime.ts'
import { isJsonObject, isWithinDepth, parseJson, getByPointer } from '../json.ts'
import type { GrantPurpose, TokenResult } from './token-result.ts'
import type { Provider } from '../description/provider-description.ts'
import { hasValue, parseErrorResponse } from './error-response.ts'
import { validateEndpointUrl } from '../endpoint-url.ts'
import type { HttpResponse, UpstreamFailure } from './http-client.ts'

/**
 * Judges what came back from the token endpoint, or did not. Knows no answer that makes it throw.
 *
 * @param sentAt milliseconds since 1970
 */
export function parseTokenResponse(
  response: HttpResponse | UpstreamFailure,
  provider: Provider,
  act: GrantPurpose,
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
  const successful = response.status >= 200 && response.status < 300
  const accessToken = successful ? getField('access_token', response, body, provider) : undefined
  if (typeof accessToken === 'string' && accessToken !== '')
    return createIssuedResult(accessToken, response, body, provider, sentAt)
  if (!successful || hasErrorField(body, provider)) return parseErrorResponse(response, body, provider, act)
  if (isJsonObject(body)) return { kind: 'configuration_error', hint: missingTokenHint }
  if (formEncoded.test(response.headers.get('content-type') ?? ''))
    return { kind: 'configuration_error', hint: formEncodedHint }
  return {
    kind: 'temporarily_unavailable',
    hint: 'the answer is no JSON object; is this the token endpoint?',
    retryAfter: null,
    isResponseLost: true,
  }
}

const missingTokenHint =
  'the answer has no access_token; is this the token endpoint, or must response.fields say where the token is?'
const formEncoded = /^application\/x-www-form-urlencoded\b/i
const formEncodedHint =
  'the answer is form-encoded, although JSON was asked for (RFC 6749 §5.1); a hook (read) can turn it into JSON'

/** Whether an answer with a status of success speaks of an error, as several servers do it. */
function hasErrorField(body: unknown, { errors }: Provider): boolean {
  const places = [...errors.code, ...errors.challenges.flatMap(({ when }) => when.has ?? [])]
  return places.some((place) => hasValue(getByPointer(body, place)))
}

function createIssuedResult(
  accessToken: string,
  answer: HttpResponse,
  body: unknown,
  provider: Provider,
  sentAt: number,
): TokenResult {
  const { response, resource } = provider
  const receivedType = getField('token_type', answer, body, provider)
  const type = typeof receivedType === 'string' ? receivedType : response.defaultTokenType
  const scheme = 'scheme' in resource.tokenPlacement ? resource.tokenPlacement.scheme : ''
  if (type === undefined)
    return {
      kind: 'configuration_error',
      hint: 'the answer has no token_type; set defaultTokenType to "Bearer" if that is meant',
    }
  if (type.toLowerCase() === 'dpop')
    return {
      kind: 'configuration_error',
      hint: 'the token is bound to a key (DPoP, RFC 9449), which is not supported',
    }
  if (
    !['bearer', scheme.toLowerCase(), response.defaultTokenType?.toLowerCase()].includes(type.toLowerCase())
  )
    return {
      kind: 'configuration_error',
      hint: 'the answer has a token_type that cannot be used as a bearer token',
    }
  if (!/^[\u0021-\u007e]+$/.test(accessToken))
    return {
      kind: 'configuration_error',
      hint: 'the access_token has characters that cannot stand in a header',
    }
  const apiBaseUrl = resource.baseUrlFrom ? baseUrlFrom(body, resource.baseUrlFrom) : null
  if (apiBaseUrl === undefined)
    return {
      kind: 'configuration_error',
      hint: 'the base of the API that the answer names is not below baseFrom.hostSuffix',
    }

  const lifetime = parseLifetime(body, accessToken, response.expiry, sentAt)
  return {
    kind: 'issued',
    token: {
      accessToken,
      refreshToken: formatText(getField('refresh_token', answer, body, provider)),
      lifetime,
      // 0 is how servers say that a refresh token has no end of its own.
      refreshLifetime: parseLifetime(body, '', response.refreshExpiry, sentAt) || null,
      scope: parseScope(getField('scope', answer, body, provider)),
      user: parseUser(body, response),
      idToken: formatText(getField('id_token', answer, body, provider)),
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
  const place = response.fields[name]
  return place.startsWith('header:')
    ? (headers.get(place.slice('header:'.length)) ?? undefined)
    : getByPointer(body, place)
}

function formatText(value: unknown): string | null {
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
  const members = isJsonObject(body)
    ? Object.entries(body).filter(([name]) => extraUserFields.includes(name))
    : []
  const own = Object.fromEntries(members)
  const whole = isJsonObject(described) ? { ...described, ...own } : members.length > 0 ? own : null
  return whole && isWithinDepth(whole) ? whole : null
}

/** `undefined` when the answer names no base that may be believed. */
function baseUrlFrom(
  body: unknown,
  { from, hostSuffix }: NonNullable<Provider['resource']['baseUrlFrom']>,
): string | undefined {
  const named = getByPointer(body, from)
  if (typeof named !== 'string' || validateEndpointUrl(named) !== null) return undefined
  const { hostname, origin } = new URL(named)
  return hostname.endsWith(hostSuffix) ? origin : undefined
}
