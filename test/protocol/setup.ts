import type { BffOptions, ProviderDescription, Store, StoredRecord } from '@latchkey/bff'
import { memoryStore } from '@latchkey/bff'
import type { OAuth2Options } from '@latchkey/bff/providers'
import { oauth2 } from '@latchkey/bff/providers'
import { unseal, deriveRecordKeys } from '../../packages/bff/src/sessions/seal.ts'
import { createClock, createTestBff } from '../../packages/bff/test/support/browser.ts'
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

/** A store that lets a test read what lies in it. */
export interface OpenStore extends Store {
  /** Everything that was ever written, as it is and, where this cookie opens it, as it was before it was sealed. */
  written: (cookie: string) => string
}

/** Makes a store in memory; `now` is the clock of the BFF. */
export function createOpenStore(now: () => number): OpenStore {
  const store = memoryStore({ now })
  const records: [key: string, record: StoredRecord][] = []
  return {
    ...store,
    insert: (key, record) => (records.push([key, record]), store.insert(key, record)),
    replace: (key, record, version) => (records.push([key, record]), store.replace(key, record, version)),
    written: (cookie) => {
      const ticket = deriveRecordKeys(Buffer.from(cookie, 'base64url'))
      return records
        .flatMap(([key, { subject, sealed }]) => [
          key,
          subject,
          Buffer.from(sealed).toString('latin1'),
          unseal(ticket, sealed),
        ])
        .join('\n')
    },
  }
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
  clock = createClock(),
): ReturnType<typeof createTestBff> & { sent: Sent[] } {
  const sent: Sent[] = []
  const endpoint: TokenEndpoint = createTokenEndpoint(reply)
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    sent.push({ request, body: await request.clone().text() })
    return endpoint.fetch(input, init)
  }
  const scene = createTestBff(reply, { ...options, platform: { ...options.platform, fetch } }, clock)
  return { ...scene, endpoint, sent }
}
