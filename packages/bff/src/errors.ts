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

/** What an error says beside its code and its message. */
export interface BffErrorDetails {
  /** The status of the answer, where it is not the usual one of the code. */
  status?: number
  reason?: LoginRequiredReason
  /** Seconds to wait before another try. */
  retryAfter?: number
  /** For the log and never for the browser: what the operator can do. Holds no secret. */
  hint?: string
  /** What else a sign-in needs. */
  challenge?: SignInChallenge
  /** The methods that a path knows, where another was used. */
  allow?: string
}

/**
 * The one error of this package, told apart by `code`. Its message may be shown to the browser's developer;
 * it never holds a secret nor anything an authorization server wrote.
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

  /** The answer that tells a browser of this error (without the hint). */
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
      // A 401 needs a challenge (RFC 9110 §11.6.1); browsers open no dialog for a scheme they do not know.
      ...(this.status === 401 && { 'WWW-Authenticate': 'Latchkey' }),
      ...(this.allow !== undefined && { Allow: this.allow }),
    }
    return createJsonResponse(body, this.status, headers)
  }
}

/** An answer with a JSON body and its character set. */
export function createJsonResponse(
  body: object,
  status = 200,
  headers: Record<string, string> = {},
): Response {
  const bytes = Buffer.from(JSON.stringify(body))
  const own = {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(bytes.length),
    // For caches that know nothing newer, as RFC 6749 §5.1 asks of every answer with a token.
    Pragma: 'no-cache',
  }
  return new Response(bytes, { status, headers: { ...own, ...headers } })
}
