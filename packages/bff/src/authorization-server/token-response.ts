import { lifetimeFrom } from './token-lifetime.ts'
import { isObject, isShallow, jsonFrom, valueAt } from '../json.ts'
import type { Act, Judgement } from './token-result.ts'
import type { Provider } from '../description/provider-description.ts'
import { isSaid, refusal } from './error-response.ts'
import { endpointFault } from '../endpoint-url.ts'
import type { UpstreamAnswer, UpstreamFailure } from './http-client.ts'

/**
 * Judges what came back from the token endpoint, or did not. Knows no answer that makes it throw.
 *
 * @param sentAt milliseconds since 1970
 */
export function judge(
  answer: UpstreamAnswer | UpstreamFailure,
  provider: Provider,
  act: Act,
  sentAt: number,
): Judgement {
  if ('why' in answer) return { kind: 'transient', hint: answer.why, retryAfter: null, lost: answer.sent }
  const body = jsonFrom(answer.text, provider.response.json)
  const successful = answer.status >= 200 && answer.status < 300
  const accessToken = successful ? fieldOf('access_token', answer, body, provider) : undefined
  if (typeof accessToken === 'string' && accessToken !== '')
    return issued(accessToken, answer, body, provider, sentAt)
  if (!successful || isRefusal(body, provider)) return refusal(answer, body, provider, act)
  if (isObject(body)) return { kind: 'config', hint: missing }
  if (formEncoded.test(answer.headers.get('content-type') ?? '')) return { kind: 'config', hint: noJson }
  return {
    kind: 'transient',
    hint: 'the answer is no JSON object; is this the token endpoint?',
    retryAfter: null,
    lost: true,
  }
}

const missing =
  'the answer has no access_token; is this the token endpoint, or must response.fields say where the token is?'
const formEncoded = /^application\/x-www-form-urlencoded\b/i
const noJson =
  'the answer is form-encoded, although JSON was asked for (RFC 6749 §5.1); a hook (read) can turn it into JSON'

/** Whether an answer with a status of success speaks of an error, as several servers do it. */
function isRefusal(body: unknown, { errors }: Provider): boolean {
  const places = [...errors.code, ...errors.challenges.flatMap(({ when }) => when.has ?? [])]
  return places.some((place) => isSaid(valueAt(body, place)))
}

function issued(
  accessToken: string,
  answer: UpstreamAnswer,
  body: unknown,
  provider: Provider,
  sentAt: number,
): Judgement {
  const { response, resource } = provider
  const told = fieldOf('token_type', answer, body, provider)
  const type = typeof told === 'string' ? told : response.defaultTokenType
  const scheme = 'scheme' in resource.attach ? resource.attach.scheme : ''
  if (type === undefined)
    return {
      kind: 'config',
      hint: 'the answer has no token_type; set defaultTokenType to "Bearer" if that is meant',
    }
  if (type.toLowerCase() === 'dpop')
    return { kind: 'config', hint: 'the token is bound to a key (DPoP, RFC 9449), which is not supported' }
  if (
    !['bearer', scheme.toLowerCase(), response.defaultTokenType?.toLowerCase()].includes(type.toLowerCase())
  )
    return { kind: 'config', hint: 'the answer has a token_type that cannot be used as a bearer token' }
  if (!/^[\u0021-\u007e]+$/.test(accessToken))
    return { kind: 'config', hint: 'the access_token has characters that cannot stand in a header' }
  const base = resource.baseFrom ? baseFrom(body, resource.baseFrom) : null
  if (base === undefined)
    return {
      kind: 'config',
      hint: 'the base of the API that the answer names is not below baseFrom.hostSuffix',
    }

  const lifetime = lifetimeFrom(body, accessToken, response.expiry, sentAt)
  return {
    kind: 'issued',
    token: {
      accessToken,
      refreshToken: textOf(fieldOf('refresh_token', answer, body, provider)),
      lifetime,
      // 0 is how servers say that a refresh token has no end of its own.
      refreshLifetime: lifetimeFrom(body, '', response.refreshExpiry, sentAt) || null,
      scope: scopeFrom(fieldOf('scope', answer, body, provider)),
      user: userFrom(body, response),
      idToken: textOf(fieldOf('id_token', answer, body, provider)),
      base,
    },
  }
}

function fieldOf(
  name: keyof Provider['response']['fields'],
  { headers }: UpstreamAnswer,
  body: unknown,
  { response }: Provider,
): unknown {
  const place = response.fields[name]
  return place.startsWith('header:')
    ? (headers.get(place.slice('header:'.length)) ?? undefined)
    : valueAt(body, place)
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function scopeFrom(value: unknown): string[] | null {
  const text = Array.isArray(value) ? value.filter((item) => typeof item === 'string').join(' ') : value
  const values = typeof text === 'string' ? text.split(/[^\u0021-\u007e]+/).filter((item) => item !== '') : []
  return values.length > 0 ? values : null
}

function userFrom(body: unknown, { user, extras }: Provider['response']): Record<string, unknown> | null {
  const described = user === undefined ? null : valueAt(body, user)
  const members = isObject(body) ? Object.entries(body).filter(([name]) => extras.includes(name)) : []
  const own = Object.fromEntries(members)
  const whole = isObject(described) ? { ...described, ...own } : members.length > 0 ? own : null
  return whole && isShallow(whole) ? whole : null
}

/** `undefined` when the answer names no base that may be believed. */
function baseFrom(
  body: unknown,
  { from, hostSuffix }: NonNullable<Provider['resource']['baseFrom']>,
): string | undefined {
  const named = valueAt(body, from)
  if (typeof named !== 'string' || endpointFault(named) !== null) return undefined
  const { hostname, origin } = new URL(named)
  return hostname.endsWith(hostSuffix) ? origin : undefined
}
