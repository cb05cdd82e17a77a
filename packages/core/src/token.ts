import type { WireToken } from '@latchkey/wire'

/** An access token with its moments on the page clock, in milliseconds; `Infinity` when unknown. */
export interface AccessToken extends WireToken {
  /** From this moment on the client fetches the next token. */
  readonly refreshAt: number
  readonly expiresAt: number
}

/** Takes the place of a token in proxy mode, where requests carry the session cookie instead; it never expires. */
export const proxyModeToken: WireToken = { access_token: '', token_type: '', expires_in: null, sequence: 0 }

/**
 * Creates an access token from a response. Its age counts from the moment the request was sent, so that a slow response
 * makes the token look older, never younger (RFC 6749 §5.1).
 *
 * @param sentAt milliseconds of the page clock
 */
export function createAccessToken(token: WireToken, sentAt: number): AccessToken {
  const lifetime = token.expires_in ?? Infinity
  const margin = Math.min(60, lifetime / 3)
  return {
    ...token,
    // At least ten seconds: a shorter lifetime must not cause a request loop.
    refreshAt: sentAt + Math.max(10, lifetime - margin) * 1000,
    expiresAt: sentAt + lifetime * 1000,
  }
}
