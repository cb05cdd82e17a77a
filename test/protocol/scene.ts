import type { BffOptions, ProviderDescription } from '@latchkey/bff'
import type { OAuth2Options } from '@latchkey/bff/providers'
import { oauth2 } from '@latchkey/bff/providers'
import { createScene } from '../../packages/bff/test/support/browser.ts'
import type { Reply, TokenEndpoint } from '../../packages/bff/test/support/token-endpoint.ts'
import { createTokenEndpoint, json } from '../../packages/bff/test/support/token-endpoint.ts'

export const tokenEndpoint = 'https://as.example.com/token'

/** A successful answer as RFC 6749 §5.1 shows it, without a refresh token. */
export const good = { access_token: 'a', token_type: 'Bearer', expires_in: 900 }

/** The authorization server says no for good. */
export const invalidGrant = json({ error: 'invalid_grant' }, 400)

/** A provider that follows RFC 6749, but for what is given. */
export function plain(
  more: Partial<Extract<OAuth2Options, { tokenEndpoint: string }>> = {},
): ProviderDescription {
  return oauth2({
    tokenEndpoint,
    clientId: 'portal',
    clientSecret: 's3cret',
    scope: ['read'],
    allowedScope: ['read', 'write'],
    ...more,
  })
}

/** One request as it left the BFF. */
export interface Sent {
  request: Request
  /** The body as it was written. */
  body: string
}

/** A scene of which every request to the authorization server is kept as it left. */
export function createWatchedScene(
  reply: Reply,
  options: Partial<BffOptions> = {},
): ReturnType<typeof createScene> & { sent: Sent[] } {
  const sent: Sent[] = []
  const endpoint: TokenEndpoint = createTokenEndpoint(reply)
  const scene = createScene(reply, {
    ...options,
    platform: {
      ...options.platform,
      fetch: async (input, init) => {
        const request = new Request(input, init)
        sent.push({ request, body: await request.clone().text() })
        return endpoint.fetch(input, init)
      },
    },
  })
  return { ...scene, endpoint, sent }
}
