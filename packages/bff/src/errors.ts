import type { SignInChallenge, ErrorCode, LoginRequiredReason } from '@latchkey/wire'

const statusByCode: Record<ErrorCode, number> = {
  invalid_request: 400,
  invalid_credentials: 401,
  challenge_required: 401,
  login_required: 401,
  access_denied: 403,
  insufficient_scope: 403,
  rate_limited: 429,
  server_error: 500,
  temporarily_unavailable: 503,
}

/** The optional members of a {@link BffError}. */
export interface BffErrorDetails {
  /** The HTTP status, where it differs from the default of the code. */
  status?: number
  /** Why the session ended; for `login_required`. */
  reason?: LoginRequiredReason
  /** Seconds until the next try; sent as `Retry-After` and `retry_after`. */
  retryAfter?: number
  /** For the operator's log only, never sent to the browser. Contains no secret. */
  hint?: string
  /** Which further credentials the sign-in needs; for `challenge_required`. */
  challenge?: SignInChallenge
  /** The value of the header `Allow`, for a 405. */
  allow?: string
  /** Whether the authorization server may have acted on a request whose response was lost. */
  isResponseLost?: boolean
  /** Whether the throttle of the BFF refused a sign-in. */
  isThrottled?: boolean
}

/**
 * The error class of this package; `code` tells the kinds apart. The message is sent to the browser as
 * `error_description`. It contains no secret and no text that an authorization server wrote.
 */
export class BffError extends Error {
  override readonly name = 'BffError'
  readonly code: ErrorCode
  readonly status: number
  readonly reason: LoginRequiredReason | undefined
  readonly retryAfter: number | undefined
  readonly hint: string | undefined
  readonly challenge: SignInChallenge | undefined
  readonly allow: string | undefined
  readonly isResponseLost: boolean
  readonly isThrottled: boolean

  constructor(code: ErrorCode, message: string, details: BffErrorDetails = {}) {
    super(message)
    this.code = code
    this.status = details.status ?? statusByCode[code]
    this.reason = details.reason
    this.retryAfter = details.retryAfter
    this.hint = details.hint
    this.challenge = details.challenge
    this.allow = details.allow
    this.isResponseLost = details.isResponseLost ?? false
    this.isThrottled = details.isThrottled ?? false
  }
}

/** Creates the error for a request body that is too long. */
export function createTooLongError(maxBytes: number): BffError {
  const message = `The request body is longer than ${maxBytes} bytes`
  return new BffError('invalid_request', message, { status: 413 })
}

/** Creates the error of a server that cannot forward WebSockets. */
export function createUnsupportedError(fix: string): BffError {
  return new BffError('server_error', 'This server cannot forward WebSockets', {
    status: 501,
    hint: `WebSocket request failed with 501: this server cannot forward it. ${fix}`,
  })
}
