import type { SignInChallenge, ErrorCode, LoginRequiredReason } from '@latchkey/wire'

/** The BFF's codes, and two of the browser's own: no answer, and an answer that is none of ours. */
export type AuthErrorCode = ErrorCode | 'network_error' | 'invalid_response'

/** Why nobody is signed in: the BFF's reasons, and a sign-out in this tab or in another one. */
export type EndReason = LoginRequiredReason | 'signed_out' | 'signed_out_elsewhere'

/** What an {@link AuthError} can say beside its code. */
export interface AuthErrorDetails {
  /** Why the session ended, beside `login_required`. */
  readonly reason?: EndReason | undefined
  /** Seconds to wait before another try. */
  readonly retryAfter?: number | undefined
  /** What to ask the user for, beside `challenge_required`. */
  readonly challenge?: SignInChallenge | undefined
  readonly cause?: unknown
}

/**
 * The one error of this package, told apart by `code`. Its message names the act and the answer and
 * is meant for a developer; it holds no password and no token.
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

  /** Whether the same call may succeed later without the user doing anything. */
  get retryable(): boolean {
    return ['network_error', 'invalid_response', 'rate_limited', 'temporarily_unavailable'].includes(
      this.code,
    )
  }

  /** Asks without `instanceof`, so that two copies of this package on one page agree. */
  static is(value: unknown): value is AuthError {
    return (value as AuthError | null)?.name === 'AuthError'
  }
}

/** The error of whoever needs a session that is over. */
export function createLoginRequiredError(reason: EndReason = 'no_session'): AuthError {
  return new AuthError('login_required', `login_required: ${reason}`, { reason })
}
