import type { ErrorCode } from '@latchkey/wire'
import type { TokenSet } from '../authorization-server/token-result.ts'

/** The sealed data of a session. Moments are milliseconds since 1970, lifetimes are seconds. */
export interface SessionData {
  /** The provider of the session: another BFF does not accept its cookie. */
  provider: string
  subject: string
  user: Record<string, unknown> | null
  scope: string[]
  startedAt: number
  /** Counts the tokens of this session upwards. */
  sequence: number
  accessToken: string
  /** When the token request was sent. */
  tokenRequestedAt: number
  /** Seconds from then until the token expires; `null` when unknown. */
  lifetime: number | null
  refreshToken: string | null
  /** When the refresh token expires, and the session with it; absent when unknown. */
  refreshTokenExpiresAt?: number
  /** The scope that the sign-in requested. */
  requestedScope: string[]
  /** The credentials, when the description stores them to sign in again. */
  credentials?: Record<string, string>
  /** The ID Token, as the authorization server issued it. */
  idToken?: string
  /** The base URL of this user's API, when the token response names one. */
  apiBaseUrl?: string
  /** Set after the response to a refresh was lost: the server may have invalidated the refresh token. */
  isResponseLost?: boolean
  /** Set while refreshes fail: no refresh before `until`. `unexplained` counts the last rejections without a reason. */
  backOff?: { until: number; failures: number; code: ErrorCode; unexplained: number }
}

/**
 * Creates the token members of a session.
 *
 * @param sentAt when the token request was sent
 */
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

/** Whether to refresh the token: a minute before it expires, or a third of its lifetime if that is less. */
export function isRefreshDue({ tokenRequestedAt, lifetime }: SessionData, now: number): boolean {
  if (lifetime === null) return false
  const lifetimeMs = lifetime * 1000
  return now >= tokenRequestedAt + lifetimeMs - Math.min(maxMarginMs, lifetimeMs / 3)
}

/** Whether the token has expired. */
export function isTokenExpired({ tokenRequestedAt, lifetime }: SessionData, now: number): boolean {
  return lifetime !== null && now >= tokenRequestedAt + lifetime * 1000
}

/**
 * Whether the token is too new to be refreshed, even if it was rejected: a resource server that rejects every token must
 * not cause a grant for each request.
 */
export function wasIssuedRecently({ tokenRequestedAt, lifetime }: SessionData, now: number): boolean {
  const gapMs =
    lifetime === null ? maxRefreshGapMs : Math.min(maxRefreshGapMs, Math.max(minRefreshGapMs, lifetime * 500))
  return now - tokenRequestedAt < gapMs
}

/** Returns the seconds until the token expires, rounded down, at least 0; `null` when unknown. */
export function getTokenSecondsLeft({ tokenRequestedAt, lifetime }: SessionData, now: number): number | null {
  return lifetime === null ? null : getSecondsUntil(tokenRequestedAt + lifetime * 1000, now)
}

/** Returns the seconds until a moment, rounded down, at least 0. */
export function getSecondsUntil(moment: number, now: number): number {
  return Math.max(0, Math.floor((moment - now) / 1000))
}
