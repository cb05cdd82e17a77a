import { isStrings } from './errors.ts'
import { secondsFrom } from './seconds.ts'

/** A session as the browser may know it. */
export interface WireSession {
  /** Names the session, is no secret, and is new at every sign-in. */
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
export interface SessionAnswer {
  session: WireSession | null
  /** Absent in proxy mode, and when the session is alive but has no usable token at the moment. */
  token?: WireToken | undefined
}

/** Visible ASCII: what can stand in a header as a credential (RFC 6750 §2.1). */
const visible = /^[\x21-\x7e]+$/
/** A token of HTTP: what can stand in a header as a scheme (RFC 9110 §5.6.2). */
const scheme = /^[\w!#$%&'*+.^`|~-]+$/

/**
 * Judges a parsed body: the session answer it is, with unknown members left out, or `null`.
 * Accepts exactly what `sessionAnswer` of `@latchkey/wire/schemas` accepts; it is written by hand
 * because a schema library would triple what a browser loads.
 */
export function sessionAnswerFrom(body: unknown): SessionAnswer | null {
  const answer = record(body)
  if (!answer) return null
  const session = answer['session'] === null ? null : wireSessionFrom(answer['session'])
  const token = answer['token'] === undefined ? undefined : wireTokenFrom(answer['token'])
  return session === undefined || token === null ? null : { session, ...(token && { token }) }
}

function wireSessionFrom(value: unknown): WireSession | undefined {
  const { session_id, subject, user, scope, expires_in } = record(value) ?? ({} as Record<string, unknown>)
  return isName(session_id) && isName(subject) && (user === null || record(user)) && isStrings(scope)
    ? { session_id, subject, user: user as WireSession['user'], scope, expires_in: secondsFrom(expires_in) }
    : undefined
}

function wireTokenFrom(value: unknown): WireToken | null {
  const { access_token, token_type, expires_in, sequence } = record(value) ?? ({} as Record<string, unknown>)
  return isName(access_token) &&
    visible.test(access_token) &&
    isName(token_type) &&
    scheme.test(token_type) &&
    Number.isSafeInteger(sequence) &&
    (sequence as number) >= 0
    ? { access_token, token_type, expires_in: secondsFrom(expires_in), sequence: sequence as number }
    : null
}

const record = (value: unknown): Record<string, unknown> | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null

const isName = (value: unknown): value is string => typeof value === 'string' && value !== ''
