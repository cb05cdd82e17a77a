import type { ErrorCode } from '@latchkey/wire'
import type { TokenSet } from '../authorization-server/token-result.ts'

/** What a session's record holds under its seal. Times are milliseconds since 1970, lifetimes seconds. */
export interface SessionData {
  /** Which provider it belongs to: a cookie of one BFF opens nothing at another. */
  provider: string
  subject: string
  user: Record<string, unknown> | null
  scope: string[]
  startedAt: number
  /** Counts the tokens of this session upwards. */
  sequence: number
  accessToken: string
  /** When the token was asked for. */
  tokenRequestedAt: number
  /** Seconds the token lives from then on; `null` when nobody knows. */
  lifetime: number | null
  refreshToken: string | null
  /** When the refresh token ends, and the session with it; absent when nobody knows. */
  refreshTokenExpiresAt?: number
  /** The scope that was asked for at the sign-in. */
  requestedScope: string[]
  /** What was typed, where the description keeps it to ask again. */
  credentials?: Record<string, string>
  /** Who signed in, as the authorization server wrote it. */
  idToken?: string
  /** The base of this user's API, where the authorization server named one. */
  apiBaseUrl?: string
  /** Set while the answer to a refresh is lost, so that nobody knows whether the refresh token was used up. */
  isResponseLost?: boolean
  /** Set while refreshing fails: nobody asks again before `until`. The last so many refusals were `unexplained`. */
  backOff?: { until: number; failures: number; code: ErrorCode; unexplained: number }
}

/** What a token that was asked for at that moment changes in a session. */
export function createTokenData(
  token: TokenSet,
  sentAt: number,
): Pick<
  SessionData,
  'accessToken' | 'tokenRequestedAt' | 'lifetime' | 'refreshToken' | 'refreshTokenExpiresAt' | 'apiBaseUrl'
> {
  return {
    accessToken: token.accessToken,
    tokenRequestedAt: sentAt,
    lifetime: token.lifetime,
    refreshToken: token.refreshToken,
    ...(token.refreshLifetime !== null && { refreshTokenExpiresAt: sentAt + token.refreshLifetime * 1000 }),
    ...(token.apiBaseUrl !== null && { apiBaseUrl: token.apiBaseUrl }),
  }
}

const maxMarginMs = 60_000
const maxRefreshGapMs = 10_000
const minRefreshGapMs = 1000

/** Whether the token is to be refreshed: the margin before its end is the smaller of a minute and a third of its life. */
export function isRefreshDue({ tokenRequestedAt, lifetime }: SessionData, now: number): boolean {
  if (lifetime === null) return false
  const whole = lifetime * 1000
  return now >= tokenRequestedAt + whole - Math.min(maxMarginMs, whole / 3)
}

/** Whether the token can no longer be used. */
export function isTokenExpired({ tokenRequestedAt, lifetime }: SessionData, now: number): boolean {
  return lifetime !== null && now >= tokenRequestedAt + lifetime * 1000
}

/**
 * Whether the token was issued so lately that no other is asked for, whatever the browser says: a resource server that
 * rejects every token must not make us drain the authorization server.
 */
export function wasIssuedRecently({ tokenRequestedAt, lifetime }: SessionData, now: number): boolean {
  const gap =
    lifetime === null ? maxRefreshGapMs : Math.min(maxRefreshGapMs, Math.max(minRefreshGapMs, lifetime * 500))
  return now - tokenRequestedAt < gap
}

/** Seconds the token has left, rounded down, never below 0; `null` when nobody knows. */
export function getTokenSecondsLeft({ tokenRequestedAt, lifetime }: SessionData, now: number): number | null {
  return lifetime === null ? null : getSecondsUntil(tokenRequestedAt + lifetime * 1000, now)
}

/** Seconds until a moment, rounded down, never below 0. */
export function getSecondsUntil(moment: number, now: number): number {
  return Math.max(0, Math.floor((moment - now) / 1000))
}
