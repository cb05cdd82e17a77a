import type { ProviderDescription } from '@latchkey/bff'
import type { OAuth2Options } from '@latchkey/bff/providers'
import type { SessionAnswer } from '@latchkey/wire'
import type { Exchange, Visit } from '../support/bff-client.ts'
import { noting, openVisit } from '../support/bff-client.ts'
import { Broken, demand, isIssued, refusalFrom, said, sessionFrom, wordsFor } from './finding.ts'
import { leaksOf } from './secrets.ts'
import type { Server } from './server.ts'
import type { Way } from './client-auth-method.ts'
import { providerFor } from './client-auth-method.ts'

/** A page that is signed in. */
export interface SignedIn {
  readonly visit: Visit
  readonly session: NonNullable<SessionAnswer['session']>
  readonly token: NonNullable<SessionAnswer['token']>
  /** What the authorization server said to the sign-in. */
  readonly exchange: Exchange
}

/** Where one check of one server takes place. */
export interface Scene {
  readonly server: Server
  readonly way: Way
  readonly provider: (change?: Partial<OAuth2Options>) => ProviderDescription
  /** Opens a page in front of a BFF of its own. */
  readonly visit: (...parameters: Partial<Parameters<typeof openVisit>>) => Visit
  /** Types the user's credentials, with members changed, into the page. */
  readonly type: (visit: Visit, changed?: Record<string, string>) => Promise<Response>
  /** Signs in; a server that refuses that does not do what its file says. */
  readonly signedIn: (visit?: Visit) => Promise<SignedIn>
  /** Closes what is open, and demands that every secret stayed where it belongs. */
  readonly close: () => Promise<void>
}

/** Ten years: the time that passes for a BFF is as long as its tokens live. */
const unlimited = { idle: 315_360_000, absolute: 315_360_000 }

export function openScene(server: Server, way: Way): Scene {
  const visits: Visit[] = []

  const scene: Scene = {
    server,
    way,
    provider: (change) => providerFor(server, way, change),
    visit(provider = scene.provider(), options = {}, processes = 1) {
      const visit = openVisit(provider, { session: unlimited, ...options }, processes)
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
      const exchange = lastOf(visit)
      if (response.status !== 200) {
        const answer = wordsFor(await refusalFrom(response))
        throw new Broken(
          `the sign-in was answered ${answer}, because the server said ${said(exchange)}${advice(visit, before)}`,
        )
      }
      const { session, token } = await sessionFrom(response)
      demand(session !== null && token !== undefined, 'the sign-in brought no session or no token')
      demand(exchange !== undefined && isIssued(exchange), 'the session began without a token of the server')
      return { visit, session, token, exchange }
    },
    async close() {
      await Promise.all(visits.map((visit) => visit.close()))
      const leaks = visits.flatMap((visit) => leaksOf(visit, server))
      demand(leaks.length === 0, leaks.join('; '))
    },
  }
  return scene

  /** What the log has said since, if nothing in it is secret. */
  function advice(visit: Visit, before: number): string {
    const lines = visit.log().slice(before).split('\n')
    const newest = lines.findLast((line) => !/^\s+at |^$/.test(line))
    return newest === undefined || leaksOf(visit, server).length > 0 ? '' : `; the log says: ${newest}`
  }
}

/** What the BFF asked the token endpoint, in order. */
export function askedBy(visit: Visit): Exchange[] {
  return visit.exchanges().filter(({ form }) => form.has('grant_type'))
}

/** The newest of {@link askedBy}. */
export function lastOf(visit: Visit): Exchange | undefined {
  return askedBy(visit).at(-1)
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
  await noting(exchanges)(url, { method: 'POST', headers, body }).catch(() => null)
  return exchanges[0] as Exchange
}

/** How userinfo answers to a token. */
export async function statusOfUserinfo({ userinfoUrl }: Server, accessToken: string): Promise<number> {
  const headers = { Authorization: `Bearer ${accessToken}`, Accept: 'application/json' }
  const answer = await fetch(String(userinfoUrl), { headers }).catch(() => null)
  demand(answer !== null, 'USERINFO_URL does not answer')
  return answer.status
}
