import type { ProviderDescription } from '@latchkey/bff'
import { sessionResponseSchema } from '../../packages/bff/src/wire-schemas.ts'
import { expect } from 'vitest'
import type { ThirdPartyServer } from '../third-party-servers/third-party-server.ts'
import { providerOf } from '../support/third-party-providers.ts'
import type { BffClient } from '../support/bff-client.ts'
import { createBffClient } from '../support/bff-client.ts'

type Answer = ReturnType<typeof sessionResponseSchema.parse>

/** A page in front of a BFF of its own, with what a peer's user does there. */
export interface Page extends Pick<BffClient, 'send' | 'wait' | 'log' | 'close'> {
  readonly signIn: () => Promise<Answer>
  readonly restore: () => Promise<Answer>
  /** Asks for a token newer than the one held. */
  readonly refresh: (after?: number) => Promise<Answer>
  /** How the resource server answers to the token held. */
  readonly statusOfItems: () => Promise<number>
  /** What the BFF asked the authorization server for, in order. */
  readonly grants: () => string[]
  readonly isRefreshTokenGood: () => Promise<boolean>
  readonly secrets: () => string[]
}

export function openPage(peer: ThirdPartyServer, provider: ProviderDescription = providerOf(peer)): Page {
  const { clientId, clientSecret, tokenUrl, resourceUrl } = peer
  const visit = createBffClient(provider)
  const { send } = visit
  let held: Answer | null = null

  async function hold(answer: Response): Promise<Answer> {
    expect(answer.status).toBe(200)
    return (held = sessionResponseSchema.parse(await answer.json()))
  }

  function refreshTokens(): string[] {
    const tokens = visit.exchanges().map(({ body }) => body['refresh_token'])
    return tokens.filter((token) => typeof token === 'string')
  }

  return {
    ...visit,
    signIn: async () => hold(await send('POST', '/session', { credentials: credentialsOf(peer) })),
    restore: async () => hold(await send('GET', '/session')),
    refresh: async (after = held?.token?.sequence) =>
      hold(await send('POST', '/token', { session_id: held?.session?.session_id, after })),
    statusOfItems: async () => {
      const headers = { Authorization: `Bearer ${held?.token?.access_token}` }
      return (await fetch(`${resourceUrl}/items`, { headers })).status
    },
    grants: () => visit.exchanges().flatMap(({ form }) => form.get('grant_type') ?? []),
    isRefreshTokenGood: async () => {
      const body = { grant_type: 'refresh_token', refresh_token: refreshTokens().at(-1) ?? '' }
      const client = { client_id: clientId, client_secret: clientSecret }
      return (await fetch(tokenUrl, { method: 'POST', body: new URLSearchParams({ ...body, ...client }) })).ok
    },
    secrets: () => [peer.password, clientSecret, ...refreshTokens(), ...visit.cookies()],
  }
}

/** What the peer's user types, with members changed. */
export function credentialsOf(
  { username, password }: ThirdPartyServer,
  changed: Record<string, string> = {},
): Record<string, string> {
  return { username, password, ...changed }
}
