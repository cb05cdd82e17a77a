/**
 * Why a request failed, as a closed union. Only `login_required` ends a session: an outage, a captive
 * portal, a 500 or a 429 never signs anybody out.
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
 * Why nobody is signed in, beside `login_required`: no session is known (`no_session`); it was unused
 * for too long (`idle`) or has reached its longest life (`absolute`); the authorization server refused
 * to refresh it (`refresh_rejected`); its token ran out and the provider has no refresh (`no_refresh`); the
 * answer to a refresh was lost and could not be recovered (`refresh_lost`); the browser now holds another
 * session than the one asked about (`session_changed`).
 */
export const loginRequiredReasons = [
  'no_session',
  'idle',
  'absolute',
  'refresh_rejected',
  'no_refresh',
  'refresh_lost',
  'session_changed',
] as const

/** One of {@link loginRequiredReasons}. */
export type LoginRequiredReason = (typeof loginRequiredReasons)[number]

/** What else to ask before a sign-in can succeed, beside `challenge_required`. */
export interface SignInChallenge {
  /** Names of the further credentials to send, for example `otp`. */
  fields: string[]
  /** Names this attempt, opaque; sent back with the next sign-in. */
  id?: string | undefined
}

/** The body of every answer that is no success; a `Retry-After` header goes with `retry_after`. */
export interface ErrorResponse {
  error: ErrorCode
  /** For a developer; never shown to a person, never holds a secret. */
  error_description?: string | undefined
  reason?: LoginRequiredReason | undefined
  /** Seconds to wait before another try. */
  retry_after?: number | undefined
  challenge?: SignInChallenge | undefined
}

/**
 * Whether a parsed body is an error answer of ours; if not, a resource server or a proxy spoke. Only the
 * code is judged: the rest is what the BFF wrote beside it.
 */
export function isErrorResponse(body: unknown): body is ErrorResponse {
  return errorCodes.includes((Object(body) as ErrorResponse).error)
}
