import { secondsFrom } from '@latchkey/wire'
import type { Provider } from './provider-description.ts'
import type { UpstreamAnswer, UpstreamFailure } from './upstream.ts'

/** What an authorization server issued. */
export interface IssuedToken {
  accessToken: string
  refreshToken: string | null
  /** Seconds from the moment it was asked for; `null` when nobody knows. */
  lifetime: number | null
  /** What was granted, when the answer says so; else it is what was asked (RFC 6749 §5.1). */
  scope: string[] | null
  user: Record<string, unknown> | null
}

/** What an answer of the token endpoint means; `hint` is for the log and holds nothing that the server wrote. */
export type Judgement =
  | { kind: 'issued'; token: IssuedToken }
  /** The definitive refusals: of what a person typed, and of a refresh token. */
  | { kind: 'bad_credentials' | 'session_ended' }
  /** Somebody who runs this has to change something; trying again does not help. */
  | { kind: 'config'; hint: string }
  /** Trying again later may help. `lost`: the request may have been acted upon, and its answer is not known. */
  | { kind: 'rate_limited' | 'transient'; hint: string; retryAfter: number | null; lost: boolean }

/** Error codes that speak of the client or of the request, not of the user. RFC 6749 §5.2, RFC 8707, RFC 9449. */
const configurationCodes = [
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_request',
  'invalid_target',
  'use_dpop_nonce',
  'mfa_required',
  'interaction_required',
]

/** Judges what came back from the token endpoint, or did not. Knows no answer that makes it throw. */
export function judge(
  answer: UpstreamAnswer | UpstreamFailure,
  provider: Provider,
  grant: 'password' | 'refresh_token',
): Judgement {
  if ('why' in answer) return { kind: 'transient', hint: answer.why, retryAfter: null, lost: answer.sent }
  const body = objectFrom(answer.text)
  const successful = answer.status >= 200 && answer.status < 300
  if (successful && body && typeof body['access_token'] === 'string') return issued(body, provider)
  if (successful && body?.['error'] === undefined) {
    const hint = body
      ? 'the answer has no access_token; is this the token endpoint?'
      : 'the answer is no JSON object; is this the token endpoint?'
    return body ? { kind: 'config', hint } : { kind: 'transient', hint, retryAfter: null, lost: true }
  }
  return refused(answer, body, provider, grant)
}

function issued(body: Record<string, unknown>, provider: Provider): Judgement {
  const { access_token, refresh_token, token_type } = body
  const { response, resource } = provider
  const type = typeof token_type === 'string' ? token_type : response.defaultTokenType
  const accepted = ['bearer', resource.attach.scheme.toLowerCase()]
  if (type === undefined)
    return {
      kind: 'config',
      hint: 'the answer has no token_type; set defaultTokenType to "Bearer" if that is meant',
    }
  if (!accepted.includes(type.toLowerCase()))
    return { kind: 'config', hint: 'the answer has a token_type that cannot be used as a bearer token' }
  if (typeof access_token !== 'string' || !/^[\u0021-\u007e]+$/.test(access_token))
    return { kind: 'config', hint: 'the access_token has characters that cannot stand in a header' }
  return {
    kind: 'issued',
    token: {
      accessToken: access_token,
      refreshToken: typeof refresh_token === 'string' && refresh_token !== '' ? refresh_token : null,
      lifetime: lifetimeFrom(body, response.expiry),
      scope: scopeFrom(body['scope']),
      user: response.user === undefined ? null : userFrom(body, response.user),
    },
  }
}

function refused(
  { status, retryAfter }: UpstreamAnswer,
  body: Record<string, unknown> | null,
  provider: Provider,
  grant: 'password' | 'refresh_token',
): Judgement {
  const code = typeof body?.['error'] === 'string' ? body['error'] : null
  const description = typeof body?.['error_description'] === 'string' ? body['error_description'] : ''
  const known = configurationCodes.includes(code ?? '') || code === 'invalid_grant'
  const hint = `the token endpoint answered ${status}${known ? ` ${code}` : ''}`
  const later = { hint, retryAfter, lost: false }

  const mapped = provider.errors.map.find(
    (rule) =>
      (rule.status === undefined || rule.status === status) &&
      (rule.code === undefined || rule.code === code) &&
      (rule.contains === undefined || description.includes(rule.contains)),
  )?.as
  if (mapped === 'config') return { kind: mapped, hint }
  if (mapped === 'rate_limited' || mapped === 'transient') return { kind: mapped, ...later }
  if (mapped !== undefined) return { kind: mapped }

  if (status === 429) return { kind: 'rate_limited', ...later }
  if (status >= 500 || status === 408 || status === 425) return { kind: 'transient', ...later }
  if (code === 'temporarily_unavailable' || code === 'server_error') return { kind: 'transient', ...later }
  if (status >= 300 && status < 400)
    return { kind: 'config', hint: `${hint}: redirects are not followed, name the endpoint itself` }
  if (configurationCodes.includes(code ?? '')) return { kind: 'config', hint }

  const judgesUser = status < 300 || [400, 401, 403, 422].includes(status)
  if (!judgesUser) return { kind: 'config', hint: `${hint}: is this the token endpoint?` }
  if (grant === 'password') return { kind: 'bad_credentials' }
  if (code === 'invalid_grant') return { kind: 'session_ended' }
  return {
    kind: 'transient',
    ...later,
    hint: `${hint} to a refresh, which says nothing definite; if it means the end, say so in errors.map (as "session_ended")`,
  }
}

/** Strict JSON, a byte order mark allowed; `null` when it is no object. */
function objectFrom(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

function lifetimeFrom(body: Record<string, unknown>, sources: Provider['response']['expiry']): number | null {
  const found = sources.map((source) =>
    'seconds' in source ? source.seconds : secondsFrom(body[source.from]),
  )
  return found.find((seconds) => seconds !== null) ?? null
}

function scopeFrom(value: unknown): string[] | null {
  const text = Array.isArray(value) ? value.filter((item) => typeof item === 'string').join(' ') : value
  const values = typeof text === 'string' ? text.split(/\s+/).filter((item) => item !== '') : []
  return values.length > 0 ? values : null
}

function userFrom(body: Record<string, unknown>, pointer: string): Record<string, unknown> | null {
  let value: unknown = body
  for (const part of pointer.slice(1).split('/')) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
  }
  return isObject(value) ? value : null
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
