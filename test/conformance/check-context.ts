import type { ProviderDescription } from '@latchkey/bff'
import type { OAuth2Options } from '@latchkey/bff/providers'
import type { SessionResponse } from '@latchkey/wire'
import type { Exchange, BffClient } from '../support/bff-client.ts'
import { createBffClient, createRecordingFetch } from '../support/bff-client.ts'
import type { ClientAuthMethod } from './client-auth-method.ts'
import { createProvider } from './client-auth-method.ts'
import {
  assertHolds,
  CheckFailedError,
  describeError,
  describeExchange,
  hasToken,
  readErrorResponse,
  readSession,
} from './finding.ts'
import { findLeaks } from './secrets.ts'
import type { Server } from './server.ts'

/** A BFF client after a sign-in. */
export interface SignedInClient {
  readonly bffClient: BffClient
  readonly session: NonNullable<SessionResponse['session']>
  readonly token: NonNullable<SessionResponse['token']>
  /** The token request of the sign-in, with its response. */
  readonly exchange: Exchange
}

/** What a check needs to test one server with one client authentication method. */
export interface CheckContext {
  readonly server: Server
  readonly clientAuthMethod: ClientAuthMethod
  readonly createProvider: (change?: Partial<OAuth2Options>) => ProviderDescription
  /** Creates a client with its own BFF. */
  readonly createBffClient: (...parameters: Partial<Parameters<typeof createBffClient>>) => BffClient
  /** Sends the user's credentials, with the given changes, to the BFF. */
  readonly submitCredentials: (bffClient: BffClient, changes?: Record<string, string>) => Promise<Response>
  /** @throws CheckFailedError if the sign-in fails: the file promises that this user can sign in */
  readonly signIn: (bffClient?: BffClient) => Promise<SignedInClient>
  /** @throws CheckFailedError if the log or a response to the page contains a secret */
  readonly close: () => Promise<void>
}

/** Ten years, in seconds: checks advance the clock by the lifetime of a token, which may be long. */
const longSessionLimits = { idle: 315_360_000, absolute: 315_360_000 }

export function createCheckContext(server: Server, clientAuthMethod: ClientAuthMethod): CheckContext {
  const bffClients: BffClient[] = []

  const context: CheckContext = {
    server,
    clientAuthMethod,
    createProvider: (change) => createProvider(server, clientAuthMethod, change),
    createBffClient(provider = context.createProvider(), options = {}, processes = 1) {
      const bffClient = createBffClient(provider, { session: longSessionLimits, ...options }, processes)
      bffClients.push(bffClient)
      return bffClient
    },
    async submitCredentials(bffClient, changes = {}) {
      const { username, password } = { ...server, ...changes }
      return bffClient.send('POST', '/session', { credentials: { username, password } })
    },
    async signIn(bffClient = context.createBffClient()) {
      const logStart = bffClient.log().length
      const response = await context.submitCredentials(bffClient)
      const exchange = getLastTokenRequest(bffClient)
      if (response.status !== 200) {
        const error = describeError(await readErrorResponse(response))
        throw new CheckFailedError(
          `sign-in failed: the BFF responded with ${error}; ${describeExchange(exchange)}${formatLogHint(bffClient, logStart)}`,
        )
      }
      const { session, token } = await readSession(response)
      assertHolds(session !== null && token !== undefined, 'the sign-in created no session or no token')
      assertHolds(
        exchange !== undefined && hasToken(exchange),
        'the session started without a token from the server',
      )
      return { bffClient, session, token, exchange }
    },
    async close() {
      await Promise.all(bffClients.map((bffClient) => bffClient.close()))
      const leaks = bffClients.flatMap((bffClient) => findLeaks(bffClient, server))
      assertHolds(leaks.length === 0, leaks.join('; '))
    },
  }
  return context

  /** Quotes the newest log line after `logStart`, unless the log contains a secret. */
  function formatLogHint(bffClient: BffClient, logStart: number): string {
    const lines = bffClient.log().slice(logStart).split('\n')
    const newest = lines.findLast((line) => !/^\s+at |^$/.test(line))
    return newest === undefined || findLeaks(bffClient, server).length > 0 ? '' : `; log: ${newest}`
  }
}

/** Lists the BFF's requests to the token endpoint, in order. */
export function listTokenRequests(bffClient: BffClient): Exchange[] {
  return bffClient.exchanges().filter(({ form }) => form.has('grant_type'))
}

/** Returns the newest of {@link listTokenRequests}. */
export function getLastTokenRequest(bffClient: BffClient): Exchange | undefined {
  return listTokenRequests(bffClient).at(-1)
}

/** Sends a refresh request without the BFF, with the URL and client authentication of an earlier request. */
export async function refreshDirectly(
  { url, headers, form }: Exchange,
  refreshToken: string,
): Promise<Exchange> {
  const client = [...form].filter(([name]) => name === 'client_id' || name === 'client_secret')
  const grant = { grant_type: 'refresh_token', refresh_token: refreshToken }
  const body = new URLSearchParams([...Object.entries(grant), ...client])
  const exchanges: Exchange[] = []
  await createRecordingFetch(exchanges)(url, { method: 'POST', headers, body }).catch(() => null)
  return exchanges[0] as Exchange
}

/** Returns the status with which userinfo responds to a token. */
export async function fetchUserinfoStatus({ userinfoUrl }: Server, accessToken: string): Promise<number> {
  const headers = { Authorization: `Bearer ${accessToken}`, Accept: 'application/json' }
  const response = await fetch(String(userinfoUrl), { headers }).catch(() => null)
  assertHolds(response !== null, 'USERINFO_URL does not respond')
  return response.status
}
