import type { SignInChallenge, ErrorCode, LoginRequiredReason } from '@latchkey/wire'

/**
 * Why a request failed:
 *
 * - `invalid_credentials`: the username, the password or the one-time code is wrong
 * - `challenge_required`: the sign-in needs more fields, which are in `challenge`
 * - `login_required`: there is no session, or it ended; `reason` says why
 * - `access_denied`: the server does not allow this user or this request
 * - `insufficient_scope`: the session lacks a scope that the request needs
 * - `invalid_request`: the request or an option is malformed; fix the code
 * - `rate_limited`: there were too many attempts; wait for `retryAfter` seconds
 * - `temporarily_unavailable`: the server cannot respond now; try again later
 * - `server_error`: the server is misconfigured; its log has the details
 * - `network_error`: no response arrived
 * - `invalid_response`: the response is not from the BFF, or the `user` schema rejected the user in it
 */
export type AuthErrorCode = ErrorCode | 'network_error' | 'invalid_response'

/**
 * Why no user is signed in: a reason from the BFF, a sign-out in this tab or another one (`…_elsewhere`), or
 * `user_rejected`: the `user` schema rejected the user, so the client ended the session.
 */
export type EndReason = LoginRequiredReason | 'signed_out' | 'signed_out_elsewhere' | 'user_rejected'

/** The parts of an {@link AuthError} that only some errors have. */
export interface AuthErrorDetails {
  /** Why the session ended; present with `login_required`, and as `user_rejected` with `invalid_response`. */
  readonly reason?: EndReason | undefined
  /** Seconds to wait before the next attempt. */
  readonly retryAfter?: number | undefined
  /**
   * The further fields that the sign-in needs; present with `challenge_required`, and with `invalid_credentials` when
   * the user may enter these fields again.
   */
  readonly challenge?: SignInChallenge | undefined
  readonly cause?: unknown
}

/**
 * The error class of this package; `code` says what failed. The message is for developers: it names the request, the
 * status and the code, and never contains a password or a token.
 *
 * @example
 * try {
 *   await auth.signIn({ username, password })
 * } catch (error) {
 *   if (AuthError.is(error) && error.code === 'invalid_credentials') showMessage('Wrong username or password')
 *   else throw error
 * }
 */
export class AuthError extends Error {
  override readonly name = 'AuthError'
  readonly code: AuthErrorCode
  declare readonly reason?: EndReason | undefined
  declare readonly retryAfter?: number | undefined
  declare readonly challenge?: SignInChallenge | undefined

  constructor(code: AuthErrorCode, message: string, details?: AuthErrorDetails) {
    super(message)
    this.code = code
    Object.assign(this, details)
  }

  /** Whether the same call can succeed later without any action of the user. */
  get retryable(): boolean {
    return ['network_error', 'invalid_response', 'rate_limited', 'temporarily_unavailable'].includes(
      this.code,
    )
  }

  /**
   * Whether a caught value is an `AuthError`. Unlike `instanceof`, it also recognizes errors of a second copy of this
   * package.
   *
   * @example
   * if (AuthError.is(error) && error.retryable) showRetryButton()
   */
  static is(value: unknown): value is AuthError {
    return (value as AuthError | null)?.name === 'AuthError'
  }
}

/**
 * Returns the `AuthError` that a caught value is, or has as a cause; `undefined` when there is none. Use it with clients
 * that wrap the errors of `fetch`, for example tRPC and ofetch.
 *
 * @example
 * if (findAuthError(error)?.code === 'login_required') return null
 */
export function findAuthError(value: unknown): AuthError | undefined {
  // Eight levels, because a cause can be its own cause.
  for (let level = 0, error = value; level < 8; level += 1, error = (error as Error | undefined)?.cause)
    if (AuthError.is(error)) return error
  return undefined
}

/**
 * Whether an error ends the session, and why: `login_required`, or a user that the schema rejected. No other error does.
 */
export function getEndReason({ code, reason = 'no_session' }: AuthError): EndReason | undefined {
  return code === 'login_required' || reason === 'user_rejected' ? reason : undefined
}

/** Creates the error of a call that needs a session when there is none. */
export function createLoginRequiredError(reason: EndReason = 'no_session'): AuthError {
  return new AuthError('login_required', `login_required: ${reason}`, { reason })
}

/** Creates the error of a call that needs a browser, during server rendering. */
export function createNoPageError(): AuthError {
  return new AuthError('invalid_request', 'Call this in the browser')
}
