import type { WireToken } from '@latchkey/wire'

/** An access token with moments of the page's own clock, in milliseconds; `Infinity` when not known. */
export interface AccessToken extends WireToken {
  /** From here on the next token is due. */
  readonly refreshAt: number
  readonly expiresAt: number
}

/** What stands for a token in proxy mode: there the cookie speaks for the session, and nothing expires. */
export const proxyModeToken: WireToken = { access_token: '', token_type: '', expires_in: null, sequence: 0 }

/**
 * An access token from the wire. Its age counts from the moment its request was sent, so that a slow
 * answer makes it look older, never younger (RFC 6749 §5.1 counts from when it was generated).
 */
export function createAccessToken(token: WireToken, sentAt: number): AccessToken {
  const lifetime = token.expires_in ?? Infinity
  const margin = Math.min(60, lifetime / 3)
  return {
    ...token,
    // However short it lives: asked for more often than this, it would be a loop.
    refreshAt: sentAt + Math.max(10, lifetime - margin) * 1000,
    expiresAt: sentAt + lifetime * 1000,
  }
}
