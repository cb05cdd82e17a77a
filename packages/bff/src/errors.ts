import type { SignInChallenge, ErrorResponse, ErrorCode, LoginRequiredReason } from '@latchkey/wire'

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

  constructor(code: ErrorCode, message: string, details: BffErrorDetails = {}) {
    super(message)
    this.code = code
    this.status = details.status ?? statusByCode[code]
    this.reason = details.reason
    this.retryAfter = details.retryAfter
    this.hint = details.hint
    this.challenge = details.challenge
    this.allow = details.allow
  }

  /** Creates the error response for the browser, without the hint. */
  toResponse(): Response {
    const body: ErrorResponse = {
      error: this.code,
      error_description: this.message,
      ...(this.reason !== undefined && { reason: this.reason }),
      ...(this.retryAfter !== undefined && { retry_after: this.retryAfter }),
      ...(this.challenge !== undefined && { challenge: this.challenge }),
    }
    const headers: Record<string, string> = {
      ...(this.retryAfter !== undefined && { 'Retry-After': String(this.retryAfter) }),
      // A 401 needs a challenge (RFC 9110 §11.6.1); browsers show no dialog for an unknown scheme.
      ...(this.status === 401 && { 'WWW-Authenticate': 'Latchkey' }),
      ...(this.allow !== undefined && { Allow: this.allow }),
    }
    return createJsonResponse(body, this.status, headers)
  }
}

/** Creates a response with a JSON body in UTF-8. */
export function createJsonResponse(
  body: object,
  status = 200,
  headers: Record<string, string> = {},
): Response {
  const bytes = Buffer.from(JSON.stringify(body))
  const defaultHeaders = {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(bytes.length),
    // RFC 6749 §5.1 requires it for responses with tokens, for HTTP/1.0 caches.
    Pragma: 'no-cache',
  }
  return new Response(bytes, { status, headers: { ...defaultHeaders, ...headers } })
}
