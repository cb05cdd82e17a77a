import type { ProviderDescription } from '@latchkey/bff'
import type { OAuth2Options } from '@latchkey/bff/providers'
import type { SessionResponse } from '@latchkey/wire'
import type { Exchange, BffClient } from '../support/bff-client.ts'
import { createRecordingFetch, createBffClient } from '../support/bff-client.ts'
import {
  CheckFailedError,
  assertHolds,
  isIssued,
  refusalFrom,
  describeExchange,
  sessionFrom,
  describeError,
} from './finding.ts'
import { leaksOf } from './secrets.ts'
import type { Server } from './server.ts'
import type { ClientAuthMethod } from './client-auth-method.ts'
import { providerFor } from './client-auth-method.ts'

/** A page that is signed in. */
export interface SignedIn {
  readonly visit: BffClient
  readonly session: NonNullable<SessionResponse['session']>
  readonly token: NonNullable<SessionResponse['token']>
  /** What the authorization server said to the sign-in. */
  readonly exchange: Exchange
}

/** Where one check of one server takes place. */
export interface CheckContext {
  readonly server: Server
  readonly way: ClientAuthMethod
  readonly provider: (change?: Partial<OAuth2Options>) => ProviderDescription
  /** Opens a page in front of a BFF of its own. */
  readonly visit: (...parameters: Partial<Parameters<typeof createBffClient>>) => BffClient
  /** Types the user's credentials, with members changed, into the page. */
  readonly type: (visit: BffClient, changed?: Record<string, string>) => Promise<Response>
  /** Signs in; a server that refuses that does not do what its file says. */
  readonly signedIn: (visit?: BffClient) => Promise<SignedIn>
  /** Closes what is open, and demands that every secret stayed where it belongs. */
  readonly close: () => Promise<void>
}

/** Ten years: the time that passes for a BFF is as long as its tokens live. */
const unlimited = { idle: 315_360_000, absolute: 315_360_000 }

export function createCheckContext(server: Server, way: ClientAuthMethod): CheckContext {
  const visits: BffClient[] = []

  const scene: CheckContext = {
    server,
    way,
    provider: (change) => providerFor(server, way, change),
    visit(provider = scene.provider(), options = {}, processes = 1) {
      const visit = createBffClient(provider, { session: unlimited, ...options }, processes)
      visits.push(visit)
      return visit
    },
    async type(visit, changed = {}) {
      const { username, password } = { ...server, ...changed }
      return visit.send('POST', '/session', { credentials: { username, password } })
    },
    async signedIn(visit = scene.visit()) {
      const before = visit.log().length
      const response = await scene.type(visit)
      const exchange = getLastTokenRequest(visit)
      if (response.status !== 200) {
        const answer = describeError(await refusalFrom(response))
        throw new CheckFailedError(
          `the sign-in was answered ${answer}, because the server said ${describeExchange(exchange)}${advice(visit, before)}`,
        )
      }
      const { session, token } = await sessionFrom(response)
      assertHolds(session !== null && token !== undefined, 'the sign-in brought no session or no token')
      assertHolds(
        exchange !== undefined && isIssued(exchange),
        'the session began without a token of the server',
      )
      return { visit, session, token, exchange }
    },
    async close() {
      await Promise.all(visits.map((visit) => visit.close()))
      const leaks = visits.flatMap((visit) => leaksOf(visit, server))
      assertHolds(leaks.length === 0, leaks.join('; '))
    },
  }
  return scene

  /** What the log has said since, if nothing in it is secret. */
  function advice(visit: BffClient, before: number): string {
    const lines = visit.log().slice(before).split('\n')
    const newest = lines.findLast((line) => !/^\s+at |^$/.test(line))
    return newest === undefined || leaksOf(visit, server).length > 0 ? '' : `; the log says: ${newest}`
  }
}

/** What the BFF asked the token endpoint, in order. */
export function listTokenRequests(visit: BffClient): Exchange[] {
  return visit.exchanges().filter(({ form }) => form.has('grant_type'))
}

/** The newest of {@link listTokenRequests}. */
export function getLastTokenRequest(visit: BffClient): Exchange | undefined {
  return listTokenRequests(visit).at(-1)
}

/** Asks the server behind the BFF's back for a token, as the client that asked before. */
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

/** How userinfo answers to a token. */
export async function statusOfUserinfo({ userinfoUrl }: Server, accessToken: string): Promise<number> {
  const headers = { Authorization: `Bearer ${accessToken}`, Accept: 'application/json' }
  const answer = await fetch(String(userinfoUrl), { headers }).catch(() => null)
  assertHolds(answer !== null, 'USERINFO_URL does not answer')
  return answer.status
}
