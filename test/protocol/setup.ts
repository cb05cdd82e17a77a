import type { BffOptions, ProviderDescription, Store, StoredRecord } from '@latchkey/bff'
import { memoryStore } from '@latchkey/bff'
import type { OAuth2Options } from '@latchkey/bff/providers'
import { oauth2 } from '@latchkey/bff/providers'
import { unseal, deriveRecordKeys } from '../../packages/bff/src/sessions/seal.ts'
import { createClock, createTestBff } from '../../packages/bff/test/support/browser.ts'
import type { Reply, TokenEndpoint } from '../../packages/bff/test/support/token-endpoint.ts'
import { createTokenEndpoint, json } from '../../packages/bff/test/support/token-endpoint.ts'

/** The session cookie of a BFF with the base path `/auth`, on https. */
export const cookieName = '__Host-Http-latchkey'

export const tokenEndpoint = 'https://as.example.com/token'

/** A successful response (RFC 6749 §5.1) without a refresh token. */
export const tokenResponse = { access_token: 'a', token_type: 'Bearer', expires_in: 900 }

/** The authorization server rejects a password or a refresh token. */
export const invalidGrant = json({ error: 'invalid_grant' }, 400)

/** Describes a provider that follows RFC 6749, with the given options. */
export function createProvider(
  options: Partial<Extract<OAuth2Options, { tokenEndpoint: string }>> = {},
): ProviderDescription {
  return oauth2({
    tokenEndpoint,
    clientId: 'portal',
    clientSecret: 's3cret',
    scope: ['read'],
    allowedScope: ['read', 'write'],
    ...options,
  })
}

/** A store that records all writes. */
export interface RecordingStore extends Store {
  /** Returns everything that was written, also the plaintext of records that the key in the cookie unseals. */
  describeWrites: (cookie: string) => string
}

/** Creates a recording store in memory. `now` is the clock of the BFF. */
export function createRecordingStore(now: () => number): RecordingStore {
  const store = memoryStore({ now })
  const records: [key: string, record: StoredRecord][] = []
  return {
    ...store,
    insert: (key, record) => (records.push([key, record]), store.insert(key, record)),
    replace: (key, record, version) => (records.push([key, record]), store.replace(key, record, version)),
    describeWrites: (cookie) => {
      const recordKeys = deriveRecordKeys(Buffer.from(cookie, 'base64url'))
      return records
        .flatMap(([key, { indexNames, sealed }]) => [
          key,
          ...indexNames,
          Buffer.from(sealed).toString('latin1'),
          unseal(recordKeys, sealed),
        ])
        .join('\n')
    },
  }
}

/** A request as the BFF sent it. */
export interface SentRequest {
  request: Request
  body: string
}

/** Creates a test BFF that records its requests to the authorization server byte for byte. */
export function createRecordingBff(
  reply: Reply,
  options: Partial<BffOptions> = {},
  clock = createClock(),
): ReturnType<typeof createTestBff> & { sentRequests: SentRequest[] } {
  const sentRequests: SentRequest[] = []
  const endpoint: TokenEndpoint = createTokenEndpoint(reply)
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    sentRequests.push({ request, body: await request.clone().text() })
    return endpoint.fetch(input, init)
  }
  const testBff = createTestBff(reply, { ...options, platform: { ...options.platform, fetch } }, clock)
  return { ...testBff, endpoint, sentRequests: sentRequests }
}
