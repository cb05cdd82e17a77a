import type { ProviderDescription } from '@latchkey/bff'
import { sessionResponseSchema } from '../../packages/bff/src/wire-schemas.ts'
import { expect } from 'vitest'
import type { ThirdPartyServer } from '../third-party-servers/third-party-server.ts'
import { createThirdPartyProvider } from '../support/third-party-providers.ts'
import type { BffClient } from '../support/bff-client.ts'
import { createBffClient } from '../support/bff-client.ts'

type Session = ReturnType<typeof sessionResponseSchema.parse>

/** A page with its own BFF, on which the user of a third-party server acts. */
export interface Page extends Pick<BffClient, 'send' | 'advanceClock' | 'log' | 'close'> {
  readonly signIn: () => Promise<Session>
  readonly restore: () => Promise<Session>
  /** Requests a token newer than the page's token, or than the one with the sequence `after`. */
  readonly refresh: (after?: number) => Promise<Session>
  /** Sends the page's token to the resource server and returns the response status. */
  readonly fetchItemsStatus: () => Promise<number>
  /** Lists the grant types of the BFF's token requests, in order. */
  readonly listGrants: () => string[]
  readonly isRefreshTokenAccepted: () => Promise<boolean>
  readonly listSecrets: () => string[]
}

export function openPage(
  server: ThirdPartyServer,
  provider: ProviderDescription = createThirdPartyProvider(server),
): Page {
  const { clientId, clientSecret, tokenUrl, resourceUrl } = server
  const bffClient = createBffClient(provider)
  const { send } = bffClient
  let lastSession: Session | null = null

  async function readSession(response: Response): Promise<Session> {
    expect(response.status).toBe(200)
    return (lastSession = sessionResponseSchema.parse(await response.json()))
  }

  function listRefreshTokens(): string[] {
    const tokens = bffClient.exchanges().map(({ body }) => body['refresh_token'])
    return tokens.filter((token) => typeof token === 'string')
  }

  return {
    ...bffClient,
    signIn: async () => readSession(await send('POST', '/session', { credentials: getCredentials(server) })),
    restore: async () => readSession(await send('GET', '/session')),
    refresh: async (after = lastSession?.token?.sequence) =>
      readSession(await send('POST', '/token', { session_id: lastSession?.session?.session_id, after })),
    fetchItemsStatus: async () => {
      const headers = { Authorization: `Bearer ${lastSession?.token?.access_token}` }
      return (await fetch(`${resourceUrl}/items`, { headers })).status
    },
    listGrants: () => bffClient.exchanges().flatMap(({ form }) => form.get('grant_type') ?? []),
    isRefreshTokenAccepted: async () => {
      const body = { grant_type: 'refresh_token', refresh_token: listRefreshTokens().at(-1) ?? '' }
      const client = { client_id: clientId, client_secret: clientSecret }
      return (await fetch(tokenUrl, { method: 'POST', body: new URLSearchParams({ ...body, ...client }) })).ok
    },
    listSecrets: () => [server.password, clientSecret, ...listRefreshTokens(), ...bffClient.cookies()],
  }
}

/** Returns the credentials of the server's user, with the given changes. */
export function getCredentials(
  { username, password }: ThirdPartyServer,
  changed: Record<string, string> = {},
): Record<string, string> {
  return { username, password, ...changed }
}
