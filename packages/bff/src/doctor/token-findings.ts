import type { TokenSet } from '../authorization-server/token-result.ts'
import type { DoctorContext } from './doctor-context.ts'
import type { Finding } from './finding.ts'

/** Describes an issued token without printing it: its lifetime, its scope, and whether a refresh token came with it. */
export function describeTokenSet(
  { lifetime, refreshToken, scope }: TokenSet,
  requestedScope: string[],
  { provider, quote }: DoctorContext,
): Finding[] {
  const seconds = lifetime === null ? 'unknown' : `${Math.floor(lifetime)} s`
  const findings: Finding[] = [
    {
      check: 'access token',
      level: lifetime === null ? 'warn' : 'ok',
      message: `lifetime ${seconds}; ${refreshToken === null ? 'no ' : ''}refresh token issued`,
      ...(lifetime === null && {
        fix: 'set response.expiry to the place of the lifetime in the response, or to the lifetime itself. Until then Latchkey uses a token until the API rejects it',
      }),
    },
  ]
  if (requestedScope.length === 0 && scope === null) return findings
  const granted = scope ?? requestedScope
  const missing = requestedScope.filter((value) => !granted.includes(value))
  findings.push({
    check: 'scope',
    level: missing.length > 0 ? 'warn' : 'ok',
    message: `granted: ${quote(granted.join(' '))}${missing.length > 0 ? `; requested but not granted: ${missing.join(' ')}` : ''}`,
    ...(missing.length > 0 && { fix: 'allow the scope for this client at the server, or request less' }),
  })
  const needsRefreshToken =
    provider.refresh.mode === 'refresh_token' && provider.refresh.fallback === 'sign-in'
  if (needsRefreshToken && refreshToken === null)
    findings.push({
      check: 'refresh',
      level: 'warn',
      message: 'without a refresh token, users must sign in again whenever the token expires',
      fix: 'allow the refresh_token grant for this client, or request the scope that brings a refresh token (often offline_access)',
    })
  return findings
}
