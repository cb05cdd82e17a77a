import { createAuthClient } from '@latchkey/core'
import type { AuthClient, Platform } from '@latchkey/core'
import type { TestBrowser, TestTab } from '@latchkey/core/testing'
import { createTestBrowser } from '@latchkey/core/testing'
import type { AuthorizationServer } from './authorization-server.ts'
import { origin } from './bff-process.ts'
import type { Clock } from './clock.ts'
import type { Journal } from './journal.ts'
import type { Random } from './random.ts'
import type { ResponseChecks } from './response-checks.ts'
import type { TokenFamily } from './token-family.ts'

/** The user of a session, as the authorization server describes it. */
interface User {
  readonly id: string
  readonly family: string
}

/** A page in a tab. */
export interface Page {
  readonly name: string
  readonly tab: TestTab
  readonly client: AuthClient<User>
  /** Whether the page is in the back-forward cache, where its code does not run. */
  isFrozen: boolean
  isClosed: boolean
  /** The calls of the client that have not settled. */
  pendingCalls: number
  pendingSignIns: number
}

/** A browser with several tabs. */
export interface SimulatedBrowser {
  readonly pages: Page[]
  /** Opens a page in a new tab. */
  readonly openPage: () => Page
  /** Closes the page of a tab and opens it again. */
  readonly reload: (page: Page) => Page
  readonly goOffline: TestBrowser['goOffline']
  readonly goOnline: TestBrowser['goOnline']
  /** The sessions that a user of this browser has signed out of. */
  readonly signedOutFamilies: Set<string>
  /** Returns the family of the session whose cookie the latest request had. */
  readonly getFamily: () => TokenFamily | undefined
  /** Whether a sign-out is under way, whose response would remove the cookie of a new session. */
  readonly isSigningOut: () => boolean
}

/** What a browser shares with the others. */
export interface BrowserEnvironment {
  readonly clock: Clock
  readonly random: Random
  readonly journal: Journal
  readonly server: AuthorizationServer
  readonly checks: ResponseChecks
  readonly mode: 'token' | 'proxy'
  /** Sends a request to one of the processes. */
  readonly sendToBff: (request: Request) => Promise<Response>
  /** Sends a request to the resource server. */
  readonly sendToResource: (authorization: string | null) => Response
  /** Notes which session a forwarded request belongs to. */
  readonly addForwarded: (family: TokenFamily | undefined) => string
}

export function createSimulatedBrowser(name: string, environment: BrowserEnvironment): SimulatedBrowser {
  const { clock, random, journal, server, checks, mode, sendToBff, sendToResource, addForwarded } =
    environment
  const familyByCookie = new Map<string, TokenFamily>()
  const signedOutFamilies = new Set<string>()
  let latestCookie = ''
  let signOutCount = 0
  let openedPages = 0

  const browser = createTestBrowser({
    pageUrl: `${origin}/`,
    random: random.next,
    network: async (request) => {
      const { pathname } = new URL(request.url)
      latestCookie = readCookie(request)
      await clock.wait(1 + random.below(15))
      const response = pathname.startsWith('/auth/') ? await sendAuth(request) : await sendApi(request)
      await clock.wait(1 + random.below(15))
      return response
    },
  })

  async function sendApi(request: Request): Promise<Response> {
    if (mode === 'token') return sendToResource(request.headers.get('authorization'))
    const family = familyByCookie.get(readCookie(request))
    const url = new URL(request.url)
    url.searchParams.set('n', addForwarded(family))
    markUse(family)
    try {
      return await sendToBff(new Request(url, request))
    } finally {
      markUse(family)
    }
  }

  async function sendAuth(request: Request): Promise<Response> {
    const { method, headers, signal } = request
    const { pathname, searchParams, search } = new URL(request.url)
    const value = readCookie(request)
    const family = familyByCookie.get(value)
    const isSignIn = method === 'POST' && pathname === '/auth/session'
    const isUse = method === 'GET' && !searchParams.has('peek')
    const body = method === 'POST' ? await request.text() : null
    const sessionId =
      body !== null && !isSignIn
        ? (JSON.parse(body) as { session_id: string }).session_id
        : searchParams.get('session_id')
    const label = `${name} ${method} ${pathname}${search && search.replace(/session_id=\w+/, 'session_id=…')}`
    const sentAt = clock.now()
    if (isUse) markUse(family)
    const isSignOut = method === 'DELETE' && family && (!sessionId || sessionId === family.sessionId)
    const isEverywhere = searchParams.has('everywhere')
    const endedFamilies = isSignOut ? listSignedOut(family, isEverywhere) : []
    if (isSignOut) markSignOut(family, isEverywhere)
    if (method === 'DELETE') signOutCount += 1
    let response: Response
    try {
      response = await sendToBff(
        body === null ? request : new Request(request.url, { method, headers, body, signal }),
      )
    } catch (error) {
      journal.note(`${label} (${family?.id}) failed`)
      if (isSignIn) family?.causes.add('replaced')
      throw error
    } finally {
      if (method === 'DELETE') signOutCount -= 1
    }
    const { status } = response
    const text = await response.text()
    if (isUse) markUse(family)
    if (isSignIn && status === 200) family?.causes.add('replaced')
    if (isSignOut) markSignOut(family, isEverywhere)
    if (isSignOut && status === 204)
      for (const ended of endedFamilies) ended.signedOutAt = Math.min(ended.signedOutAt, clock.now())
    const current = checks.checkResponse({ label, request, family, sessionId, sentAt, status, text })
    journal.note(`${label} (${family?.id}) → ${status} ${current?.id ?? text.slice(0, 60)}`)
    for (const setCookie of response.headers.getSetCookie()) {
      const newValue = /=([^;]*)/.exec(setCookie)?.[1] ?? ''
      if (newValue !== '' && current) familyByCookie.set(newValue, current)
      else if (!isSignOut)
        journal.violate('no session is lost', `${label} removed the cookie of ${family?.id}`)
    }
    return new Response(status === 204 ? null : text, { status, headers: response.headers })
  }

  function markUse(family: TokenFamily | undefined): void {
    if (family) family.lastUseAt = clock.now()
  }

  /** Lists the families whose sessions a sign-out must end: those that a response has named. */
  function listSignedOut(family: TokenFamily, isEverywhere: boolean): TokenFamily[] {
    return server.families.filter(
      (other) =>
        other === family || (isEverywhere && other.username === family.username && other.sessionId !== null),
    )
  }

  function markSignOut(family: TokenFamily, isEverywhere: boolean): void {
    for (const other of server.families)
      if (other === family || (isEverywhere && other.username === family.username))
        other.causes.add('sign-out')
  }

  function openPage(): Page {
    openedPages += 1
    const tab = browser.openTab()
    const platform: Platform = {
      ...tab.platform,
      fetch: (input, init) => {
        const authorization = new Headers(init?.headers).get('authorization')
        if (authorization !== null) checkBearer(authorization)
        return tab.platform.fetch(input, init)
      },
      performance: { now: clock.elapsed },
      // oxlint-disable-next-line no-restricted-globals -- Date.parse reads no clock.
      Date: { now: clock.now, parse: Date.parse },
      setTimeout: (callback, milliseconds) =>
        clock.setTimer(milliseconds > 2 ** 31 - 1 ? 0 : milliseconds, () => page.isClosed || callback()),
      clearTimeout: (clear?: () => void) => clear?.(),
      AbortSignal: {
        timeout: (milliseconds) => {
          const controller = new AbortController()
          clock.setTimer(milliseconds, () => controller.abort(timeoutReason))
          return controller.signal
        },
      },
    }
    const client = createAuthClient<User>({ platform })
    const page: Page = {
      name: `${name}p${openedPages}`,
      tab,
      client,
      isFrozen: false,
      isClosed: false,
      pendingCalls: 0,
      pendingSignIns: 0,
    }

    function checkBearer(authorization: string): void {
      const { status, session } = client.getState()
      const owner = server.findAccessToken(authorization.replace('Bearer ', ''))?.family.id
      if (status !== 'signed-in' || session.user.family !== owner)
        journal.violate('no token to another user', `${page.name} (${status}) sent ${authorization}`)
    }

    client.subscribe(({ status, session, reason }, previous) => {
      if (page.isClosed) return
      const id = session?.user.family
      journal.note(`${page.name} is ${status} ${id ?? ''} ${reason ?? ''}`)
      if (status === 'signed-in' && previous.status !== 'signed-in' && signedOutFamilies.has(id!))
        journal.violate('a sign-out is final', `${page.name} is signed in with ${id} again`)
      const family = server.families.find((candidate) => candidate.id === id)
      if (status === 'expired' && family) checks.checkReason(page.name, family, reason)
    })
    client.accessToken.subscribe(() => {
      const token = client.accessToken.get()
      const owner = token === null ? undefined : server.findAccessToken(token)?.family.id
      if (token && owner !== client.getState().session?.user.family)
        journal.violate('no token to another user', `${page.name} has ${token}`)
    })
    return page
  }

  const pages: Page[] = []

  return {
    pages,
    openPage,
    reload: (page) => {
      page.isClosed = true
      page.tab.close()
      const newPage = openPage()
      pages[pages.indexOf(page)] = newPage
      return newPage
    },
    goOffline: browser.goOffline,
    goOnline: browser.goOnline,
    signedOutFamilies,
    getFamily: () => familyByCookie.get(latestCookie),
    isSigningOut: () => signOutCount > 0,
  }
}

/** One for all, because it is slow to create. */
const timeoutReason = new DOMException('The operation timed out', 'TimeoutError')

function readCookie({ headers }: Request): string {
  return /latchkey=([\w-]+)/.exec(headers.get('cookie') ?? '')?.[1] ?? ''
}
