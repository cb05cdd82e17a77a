import type { WireToken } from '@latchkey/wire'

/** An access token with moments of the page's own clock, in milliseconds; `Infinity` when not known. */
export interface AccessToken {
  readonly value: string
  /** The scheme of the `Authorization` header. */
  readonly scheme: string
  /** Counts the tokens of a session upwards. */
  readonly sequence: number
  /** The one threshold: from here on the next token is due, for the alarm and for whoever asks. */
  readonly refreshAt: number
  readonly expiresAt: number
}

const longestMargin = 60
/** Tokens that live shorter are refreshed when asked for; an alarm for them would be a loop. */
const shortestWithAlarm = 10

/**
 * An access token from the wire. Its age counts from the moment its request was sent, so that a slow
 * answer makes it look older, never younger (RFC 6749 §5.1 counts from when it was generated).
 */
export function accessTokenFrom(token: WireToken, sentAt: number): AccessToken {
  const lifetime = token.expires_in ?? Infinity
  const margin = Math.min(longestMargin, lifetime / 3)
  return {
    value: token.access_token,
    scheme: token.token_type,
    sequence: token.sequence,
    refreshAt: lifetime < shortestWithAlarm ? Infinity : sentAt + (lifetime - margin) * 1000,
    expiresAt: sentAt + lifetime * 1000,
  }
}

/** Whether nothing need be done: it is neither expired nor due for a refresh. */
export function isFresh(token: AccessToken, now: number): boolean {
  return now < token.refreshAt && now < token.expiresAt
}

/** Whether it can still be sent. */
export function isUsable(token: AccessToken | null, now: number): token is AccessToken {
  return token !== null && now < token.expiresAt
}
