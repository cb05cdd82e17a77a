/** A session as the browser may know it. */
export interface WireSession {
  /** Names the session, is no secret, is new at every sign-in, and stands in a URL as it is: letters, digits, `-` and `_`. */
  session_id: string
  /** A stable, opaque name of the user: the same user has it again after the next sign-in. */
  subject: string
  user: Record<string, unknown> | null
  /** What was granted, which may differ from what was asked. */
  scope: string[]
  /** Seconds until the session ends at the latest; `null` when that is not known. */
  expires_in: number | null
}

/** An access token as the browser receives it, in token mode only. */
export interface WireToken {
  access_token: string
  /** The scheme of the `Authorization` header, spelt as the resource server wants it. */
  token_type: string
  /** Seconds the token has left, counted from the answer; `null` when that is not known. */
  expires_in: number | null
  /** Counts the tokens of a session upwards: of two tokens the higher one is the newer one. */
  sequence: number
}

/** The answer of every endpoint that succeeds with a body. */
export interface SessionResponse {
  session: WireSession | null
  /** Absent in proxy mode, and when the session is alive but has no usable token at the moment. */
  token?: WireToken | undefined
}

/** Visible ASCII: what can stand in a header as a credential or a scheme, and what a scope is made of (RFC 6750 §2.1). */
export const visibleAsciiPattern: RegExp = /^[!-~]+$/

const isVisibleAscii = (value: unknown): boolean =>
  typeof value === 'string' && visibleAsciiPattern.test(value)
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
 * Whether a parsed body is a session answer. Accepts exactly what the zod schema of the BFF accepts; it is
 * written by hand because a schema library would triple what a browser loads.
 */
export function isSessionResponse(body: unknown): body is SessionResponse {
  const { session, token } = Object(body) as Partial<SessionResponse>
  return (
    (session === null || isSession(Object(session) as WireSession)) &&
    (token === undefined || isToken(Object(token) as WireToken))
  )
}

/** The body of a sign-in. */
export interface SignInRequest {
  /** By the names of the provider's `login.fields`; for most, `username` and `password`. */
  credentials: Record<string, string>
  /** Asked scope; the provider's own default when absent. */
  scope?: string[] | undefined
  /** Whether the session outlives the browser window. */
  remember?: boolean | undefined
  /** The `id` of the challenge that these credentials answer. */
  challenge?: string | undefined
}

/** The body of a request for a token that is newer than the one held. */
export interface TokenRequest {
  session_id: string
  /** The sequence of the token held; 0 when none is held. */
  after: number
}
