import type { TokenSet } from '../authorization-server/token-result.ts'
import type { DoctorContext } from './doctor-context.ts'
import type { Finding } from './finding.ts'

/** What can be said of a token without showing it: its lifetime, its scope, and whether a refresh token came with it. */
export function describeTokenSet(
  token: TokenSet,
  asked: string[],
  { provider, redact }: DoctorContext,
): Finding[] {
  const { lifetime, refreshToken, scope } = token
  const refreshed = refreshToken === null ? 'no refresh token came' : 'a refresh token came'
  const lives = lifetime === null ? 'for nobody knows how long' : `for ${Math.floor(lifetime)} s`
  const found: Finding[] = [
    {
      check: 'token',
      level: lifetime === null ? 'warn' : 'ok',
      message: `it lives ${lives}; ${refreshed}`,
      ...(lifetime === null && {
        fix: 'say where the lifetime is in response.expiry, or how long it is; until then a token is used until it is rejected',
      }),
    },
  ]
  if (asked.length === 0 && scope === null) return found
  const granted = scope ?? asked
  const missing = asked.filter((value) => !granted.includes(value))
  found.push({
    check: 'scope',
    level: missing.length > 0 ? 'warn' : 'ok',
    message: `granted: ${redact(granted.join(' '))}${missing.length > 0 ? `; asked for and not granted: ${missing.join(' ')}` : ''}`,
    ...(missing.length > 0 && {
      fix: 'allow it for this client at the server, or ask for less',
    }),
  })
  const expected = provider.refresh.mode === 'refresh_token' && provider.refresh.fallback === 'sign-in'
  if (expected && refreshToken === null)
    found.push({
      check: 'refresh',
      level: 'warn',
      message: 'without a refresh token people sign in again whenever the token ends',
      fix: 'if one is expected, allow the refresh_token grant for this client, or ask for the scope that brings it (often offline_access)',
    })
  return found
}
