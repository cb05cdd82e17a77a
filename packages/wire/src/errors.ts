import type { SignInChallenge } from './sign-in.ts'

/**
 * Why a request failed, as a closed union. Only `login_required` ends a session: an outage, a captive portal, a 500 or
 * a 429 never signs a user out.
 */
export const errorCodes = [
  'invalid_credentials',
  'challenge_required',
  'login_required',
  'access_denied',
  'insufficient_scope',
  'invalid_request',
  'rate_limited',
  'temporarily_unavailable',
  'server_error',
] as const

/** One of {@link errorCodes}. */
export type ErrorCode = (typeof errorCodes)[number]

/**
 * The reasons of `login_required`:
 *
 * - `no_session`: the browser sent no cookie of a known session
 * - `idle`: the session was unused for too long
 * - `absolute`: the session reached its maximum age
 * - `refresh_rejected`: the authorization server rejected the refresh
 * - `no_refresh`: the token expired or was rejected, and cannot be refreshed
 * - `refresh_lost`: the response to a refresh was lost and could not be recovered
 * - `too_many_sessions`: the user signed in elsewhere more often than allowed, which ended the oldest session
 * - `session_changed`: the browser now has another session than the one in the request
 */
export const loginRequiredReasons = [
  'no_session',
  'idle',
  'absolute',
  'refresh_rejected',
  'no_refresh',
  'refresh_lost',
  'too_many_sessions',
  'session_changed',
] as const

/** One of {@link loginRequiredReasons}. */
export type LoginRequiredReason = (typeof loginRequiredReasons)[number]

/** The body of every unsuccessful response (RFC 6749 §5.2); a `Retry-After` header goes with `retry_after`. */
export interface ErrorResponse {
  error: ErrorCode
  /** For developers. Never shown to users; contains no secret. */
  error_description?: string | undefined
  reason?: LoginRequiredReason | undefined
  /** Seconds to wait before another try. */
  retry_after?: number | undefined
  challenge?: SignInChallenge | undefined
}

/**
 * Whether a parsed body is an {@link ErrorResponse} of the BFF, and not one of a resource server or a proxy. Looks at
 * the code alone.
 */
export function isErrorResponse(body: unknown): body is ErrorResponse {
  return errorCodes.includes((Object(body) as ErrorResponse).error)
}
