import type { ErrorCode, LoginRequiredReason } from '@latchkey/wire'
import type { TokenSet } from '../authorization-server/token-result.ts'

/** The sealed data that stands in place of a session that ended by itself, so that all its pages get the same reason. */
export interface EndedSessionData {
  provider: string
  subject: string
  ended: { reason: LoginRequiredReason; at: number }
}

/** The sealed data of a session. Moments are milliseconds since 1970, lifetimes are seconds. */
export interface SessionData {
  /** The provider of the session: another BFF does not accept its cookie. */
  provider: string
  /** The base path of the BFF that created the session. */
  basePath?: string
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
  /** Set after the response to a refresh was lost or late: the server may have invalidated the refresh token. */
  isResponseLost?: boolean
  /** Counts up while a refresh runs whose process lost its lease, and when another process gives that refresh up. */
  heartbeat?: number
  /** When a token was last refreshed because a resource server rejected it. */
  rejectionRefreshedAt?: number
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
