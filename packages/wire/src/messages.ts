import type { LoginRequiredReason } from './errors.ts'
import type { SignInMethods } from './sign-in.ts'

/** A session as the browser may know it. */
export interface WireSession {
  /** Names the session. Not a secret, new at every sign-in, safe in a URL: letters, digits, `-` and `_`. */
  session_id: string
  /** A stable, opaque name of the user: the same after every sign-in of that user. */
  subject: string
  user: Record<string, unknown> | null
  /** The granted scope, which may differ from the requested one (RFC 6749 §3.3). */
  scope: string[]
  /** Seconds until the session ends at the latest; `null` when unknown. */
  expires_in: number | null
}

/** An access token as the browser receives it, in token mode only. */
export interface WireToken {
  access_token: string
  /** The scheme of the `Authorization` header, spelt as the resource server expects it. */
  token_type: string
  /** Seconds until the token expires, counted from the response; `null` when unknown. */
  expires_in: number | null
  /** Counts the tokens of a session upwards: the higher of two is the newer one. */
  sequence: number
}

/** The body of every successful response about a session. */
export interface SessionResponse {
  session: WireSession | null
  /** Absent in proxy mode, and while the session has no valid token. */
  token?: WireToken | undefined
  /** Whether the browser holds the access token (`token`) or only the session cookie (`proxy`). */
  mode: 'token' | 'proxy'
  sign_in: SignInMethods
  /** Why there is no session any more. Absent with a session, and when the BFF knows no session of this browser. */
  reason?: LoginRequiredReason | undefined
}

/** The sessions of the user of the request, oldest first. */
export interface SessionListResponse {
  sessions: {
    session_id: string
    /** Whether it is the session of the request. */
    current: boolean
    /** Seconds since the sign-in. */
    age: number
    /** Seconds until the session ends without further use. It may end before, with its refresh token. */
    expires_in: number
  }[]
}

/** Visible ASCII: what may stand in a header as a credential or a scheme, and in a scope (RFC 6750 §2.1). */
export const visibleAsciiPattern: RegExp = /^[!-~]+$/

const isText = (value: unknown): boolean => typeof value === 'string'
const isVisibleAscii = (value: unknown): boolean => isText(value) && visibleAsciiPattern.test(value as string)
const isNonNegativeNumber = (value: unknown): boolean => Number.isFinite(value) && (value as number) >= 0
const isRecord = (value: unknown): boolean => Object(value) === value && !Array.isArray(value)

const isSession = ({ session_id, subject, user, scope, expires_in }: Partial<WireSession>): boolean =>
  [session_id, subject].every(isVisibleAscii) &&
  (user === null || isRecord(user)) &&
  Array.isArray(scope) &&
  scope.every(isVisibleAscii) &&
  (expires_in === null || isNonNegativeNumber(expires_in))

const isToken = ({ access_token, token_type, expires_in, sequence }: Partial<WireToken>): boolean =>
  [access_token, token_type].every(isVisibleAscii) &&
  (expires_in === null || isNonNegativeNumber(expires_in)) &&
  isNonNegativeNumber(sequence)

/**
 * Whether a parsed body is a {@link SessionResponse}; of `sign_in` it checks only that it is an object. Accepts exactly
 * what the zod schema of the BFF accepts; written by hand because a schema library would triple what a browser loads.
 */
export function isSessionResponse(body: unknown): body is SessionResponse {
  const { session, token, mode, sign_in, reason } = Object(body) as Partial<SessionResponse>
  return (
    (session === null || isSession(Object(session) as WireSession)) &&
    (token === undefined || isToken(Object(token) as WireToken)) &&
    (mode === 'token' || mode === 'proxy') &&
    isRecord(sign_in) &&
    (reason === undefined || isText(reason))
  )
}

/** The body of a sign-in. */
export interface SignInRequest {
  /** By the names of the provider's fields; for most, `username` and `password`. */
  credentials: Record<string, string>
  /** The requested scope; the provider's default when absent. */
  scope?: string[] | undefined
  /** Whether the session outlives the browser window. */
  remember?: boolean | undefined
  /** The `id` of the challenge that these credentials answer. */
  challenge?: string | undefined
}

/** The body of a request for a token newer than the one the page has. */
export interface TokenRequest {
  session_id: string
  /** The sequence of the page's token; 0 when it has none. */
  after: number
}
