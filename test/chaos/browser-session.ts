import { setTimeout as sleep } from 'node:timers/promises'
import type { SessionResponse } from '@latchkey/wire'
import type { ServerKind } from '../simulation/authorization-server.ts'
import type { AuthorizationServer, TokenFamily } from './authorization-server.ts'
import type { Place } from './stage.ts'

/** What a caller that wants a newer token heard at last. */
export interface CallerResult {
  /** `token`, the reason of an ended session, or what else came. */
  readonly outcome: string
  /** 503 responses and broken connections before. */
  readonly retries: number
  readonly milliseconds: number
}

/** The options of `fetch`, with plain headers. */
type PageRequest = Omit<RequestInit, 'headers'> & { headers?: Record<string, string> }

/** A session as its browser has it. */
export interface BrowserSession {
  readonly kind: ServerKind
  readonly family: TokenFamily
  /** Sends a request of a page to a process, through nginx where there is one. */
  readonly send: (place: Place, path: string, init?: PageRequest) => Promise<Response>
  /** Requests a token that is newer than one, as often as it takes, at the other processes where one has ended. */
  readonly requestToken: (firstPlace: number, after?: number) => Promise<CallerResult>
  /** The same, but the first request goes straight to the process, so that it is the one that refreshes. */
  readonly startRefresh: (firstPlace: number) => Promise<CallerResult>
  /** What a process itself says of the session: `sequence N` of its token, or the reason of its end. */
  readonly describe: (place: Place) => Promise<string>
}

const maxCallerMs = 60_000
const retryMs = 500

export async function signIn(
  kind: ServerKind,
  username: string,
  places: readonly Place[],
  place: Place,
  server: AuthorizationServer,
): Promise<BrowserSession> {
  let cookie = ''
  const sendTo = (origin: string, path: string, init: PageRequest = {}): Promise<Response> => {
    const headers = {
      'X-Latchkey': '1',
      'Sec-Fetch-Site': 'same-origin',
      Origin: origin,
      Cookie: cookie,
      ...(typeof init.body === 'string' && { 'Content-Type': 'application/json' }),
      ...init.headers,
    }
    return fetch(`${origin}/${kind}${path}`, { ...init, headers })
  }
  const send: BrowserSession['send'] = (target, path, init) => sendTo(target.getEntrance(), path, init)
  const credentials = { username, password: 'p' }
  const signInOnce = (): Promise<Response> =>
    send(place, '/auth/session', { method: 'POST', body: JSON.stringify({ credentials }) })
  let response = await signInOnce()
  // The server may be too busy at first.
  for (let retries = 0; response.status === 503 && retries < 10; retries += 1) {
    await sleep(retryMs)
    response = await signInOnce()
  }
  if (!response.ok) throw new Error(`sign-in: ${response.status} ${await response.text()}`)
  cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const sessionId = ((await response.json()) as SessionResponse).session?.session_id

  const tryOnce = async (origin: string, after: number): Promise<string | null> => {
    const body = JSON.stringify({ session_id: sessionId, after })
    const tried = await sendTo(origin, '/auth/token', { method: 'POST', body })
    const result = (await tried.json()) as { token?: object; reason?: string }
    // 502 is of an operator's mistake, which callers wait for as well.
    if (tried.status === 503 || tried.status === 502) return null
    return result.token ? 'token' : (result.reason ?? `status ${tried.status}`)
  }

  const requestUntilDone = async (
    firstPlace: number,
    after: number,
    isFirstStraight: boolean,
  ): Promise<CallerResult> => {
    const startedAt = performance.now()
    let index = firstPlace
    for (let retries = 0; ; retries += 1) {
      const target = places[index % places.length]!
      const origin = isFirstStraight && retries === 0 ? target.getOrigin() : target.getEntrance()
      const outcome = await tryOnce(origin, after).catch(() => {
        // A load balancer sends the next request to another process.
        index += 1
        return null
      })
      const milliseconds = performance.now() - startedAt
      if (outcome !== null) return { outcome, retries, milliseconds }
      if (milliseconds > maxCallerMs) return { outcome: 'nothing', retries, milliseconds }
      await sleep(retryMs)
    }
  }

  return {
    kind,
    family: server.findFamily(kind, username),
    send,
    requestToken: (firstPlace, after = 1) => requestUntilDone(firstPlace, after, false),
    startRefresh: (firstPlace) => requestUntilDone(firstPlace, 1, true),
    async describe(target) {
      const described = await sendTo(target.getOrigin(), '/auth/session')
      const { session, token, reason } = (await described.json()) as SessionResponse
      if (!described.ok) return `status ${described.status}`
      return session ? `sequence ${token?.sequence}` : (reason ?? 'no_session')
    },
  }
}
