import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AuthClient } from '../src/index.ts'
import { createAuthClient } from '../src/index.ts'
import type { FakeBff, TestBrowser, TestTab } from '../src/testing/index.ts'
import { createFakeBff, createTestBrowser, createErrorResponse } from '../src/testing/index.ts'

const minute = 60_000
const pageCount = 3

interface Page {
  readonly tab: TestTab
  readonly client: AuthClient<{ username: string }>
  /** Whether the page is in the back-forward cache, where its code does not run. */
  isFrozen: boolean
  pendingSignIns: number
  /** Promises of the client that have not settled. */
  pendingCalls: number
}

/** A browser with three pages, and what the test knows without reading the state of a page. */
interface Simulation {
  readonly browser: TestBrowser
  readonly bff: FakeBff
  readonly pages: Page[]
  readonly openPage: () => Page
  /** Forbidden events that have happened. */
  readonly violations: string[]
  bffFailure: 'none' | 'error' | 'hang'
  /** Whether the user has signed out and no user has signed in since. */
  isSignedOut: boolean
  /** Whether the BFF may have ended a session that a page still shows. */
  mayHaveEnded: boolean
  lastSignOutAt: number
}

function createSimulation(signedInAs: string | null, nextLatencyMs: () => number): Simulation {
  const bff = createFakeBff()
  const cookie = signedInAs === null ? undefined : bff.startSession(signedInAs)
  const violations: string[] = []
  const browser = createTestBrowser({
    ...(cookie !== undefined && { cookie }),
    network: async (request) => {
      if (request.method === 'DELETE') simulation.lastSignOutAt = browser.monotonicNow()
      const isBffRequest = new URL(request.url).pathname.startsWith('/auth/')
      if (isBffRequest && simulation.bffFailure === 'hang') return new Promise<never>(() => {})
      await browser.wait(nextLatencyMs())
      if (!isBffRequest) return new Response(null, { status: bff.acceptsToken(request) ? 200 : 401 })
      const response =
        simulation.bffFailure === 'error'
          ? createErrorResponse(503, 'temporarily_unavailable')
          : await bff.fetch(request)
      await browser.wait(nextLatencyMs())
      return response
    },
  })

  const openPage = (): Page => {
    const tab = browser.openTab()
    const client = createAuthClient<{ username: string }>({
      platform: {
        ...tab.platform,
        fetch: (input, init) => {
          const authorization = new Headers(init?.headers).get('authorization')
          const { status, session } = client.getState()
          if (authorization && !(status === 'signed-in' && authorization.startsWith(`Bearer ${session.id}.`)))
            violations.push(`a page that is ${status} with ${session?.id} sent ${authorization}`)
          return tab.platform.fetch(input, init)
        },
      },
    })
    client.subscribe(({ status }) => {
      if (simulation.isSignedOut && status === 'signed-in')
        violations.push('a page is signed in after the sign-out')
    })
    client.accessToken.subscribe(() => {
      const token = client.accessToken.get()
      const { session } = client.getState()
      if (token !== null && !token.startsWith(`${session?.id}.`))
        violations.push(`a page with ${session?.id} has ${token}`)
    })
    return { tab, client, isFrozen: false, pendingSignIns: 0, pendingCalls: 0 }
  }

  const simulation: Simulation = {
    browser,
    bff,
    pages: [],
    openPage,
    violations,
    bffFailure: 'none',
    isSignedOut: false,
    mayHaveEnded: false,
    lastSignOutAt: -Infinity,
  }
  for (let count = 0; count < pageCount; count += 1) simulation.pages.push(openPage())
  return simulation
}

const countUntilSettled = (page: Page, promise: Promise<unknown>): void => {
  page.pendingCalls += 1
  void promise.catch(() => {}).finally(() => (page.pendingCalls -= 1))
}

/** Actions of the user or the code of a page; they need a page that is not frozen. */
const pageActions: Record<string, (page: Page, simulation: Simulation) => void | Promise<unknown>> = {
  signInAsCathy: (page, simulation) => signIn(page, simulation, 'cathy'),
  signInAsBob: (page, simulation) => signIn(page, simulation, 'bob'),
  signOut: (page, simulation) => {
    // Only with a session, and not during a sign-in in another page, which this page cannot end.
    if (!['signed-in', 'expired'].includes(page.client.getState().status)) return
    if (simulation.pages.some((other) => other !== page && other.pendingSignIns > 0)) return
    simulation.isSignedOut = true
    countUntilSettled(page, page.client.signOut())
  },
  fetch: (page) => countUntilSettled(page, page.client.fetch('/api/items')),
  post: (page) => countUntilSettled(page, page.client.fetch('/api/items', { method: 'POST', body: 'x' })),
  getToken: (page) => countUntilSettled(page, page.client.getAccessToken()),
  getNewerToken: (page) => countUntilSettled(page, page.client.getAccessToken({ forceRefresh: true })),
  extend: (page) => countUntilSettled(page, page.client.extend()),
  hide: (page) => page.tab.hide(),
  show: (page) => page.tab.show(),
  reload: (page, { pages, openPage }) => {
    page.tab.close()
    pages[pages.indexOf(page)] = openPage()
  },
  enterBfcache: (page) => {
    page.tab.enterBfcache()
    page.isFrozen = true
  },
}

async function signIn(page: Page, simulation: Simulation, username: string): Promise<void> {
  const { browser } = simulation
  // The late response to a sign-out in another page would clear the new cookie; no user signs in that fast.
  if (browser.monotonicNow() - simulation.lastSignOutAt < 10_000) await browser.advance(10_000)
  simulation.isSignedOut = false
  page.pendingSignIns += 1
  const request = page.client.signIn({ username, password: 'x' })
  // The lost response may have been that of a new session, which has replaced the previous one.
  request.catch(() => (simulation.mayHaveEnded = true))
  countUntilSettled(
    page,
    request.finally(() => (page.pendingSignIns -= 1)),
  )
}

/** Events outside the pages. */
const environmentEvents: Record<string, (simulation: Simulation) => void | Promise<unknown>> = {
  goOffline: ({ browser }) => browser.goOffline(),
  goOnline: ({ browser }) => browser.goOnline(),
  sleep: ({ browser }) => browser.sleep(180 * minute),
  failWithError: (simulation) => void (simulation.bffFailure = 'error'),
  hang: (simulation) => void (simulation.bffFailure = 'hang'),
  recover: (simulation) => void (simulation.bffFailure = 'none'),
  revokeTokens: ({ bff }) => bff.revokeTokens(),
  endSessions: (simulation) => {
    simulation.mayHaveEnded = true
    simulation.bff.endSessions('idle')
  },
}

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(fc.constantFrom(...Object.keys(pageActions), 'leaveBfcache'), fc.nat(pageCount - 1)),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...Object.keys(environmentEvents)), fc.constant(0)) },
)
const pauseMs = fc.constantFrom(0, 0, 50, 400, 3_000, 20 * minute)
const history = fc.array(fc.tuple(step, pauseMs), { maxLength: 40, size: 'max' })
const latenciesMs = fc.infiniteStream(fc.constantFrom(0, 5, 40, 300, 2_000))
const initialUser = fc.constantFrom('cathy', null)

/** Every signed-in page has the session that the cookie identifies, which is the session of a newly opened page. */
async function expectSameSession({ browser, pages, openPage }: Simulation): Promise<void> {
  const newPage = openPage()
  await browser.advance(10_000)
  const { session } = newPage.client.getState()
  for (const { client } of pages) {
    const state = client.getState()
    expect(state.status).not.toBe('restoring')
    if (state.status === 'signed-in') expect(state.session.id).toBe(session?.id)
  }
  newPage.tab.close()
}

describe('any history of three pages', () => {
  const unhandledRejections: unknown[] = []
  const record = (reason: unknown): void => void unhandledRejections.push(reason)
  beforeEach(() => void process.on('unhandledRejection', record))
  afterEach(() => void process.off('unhandledRejection', record))

  it('ends with the same session in all pages, uses no token outside its session, settles every call, and sends a bounded number of requests', async () => {
    const property = fc.asyncProperty(
      initialUser,
      history,
      latenciesMs,
      async (username, steps, latencyMs) => {
        const simulation = createSimulation(username, () => latencyMs.next().value)
        const { browser, bff, pages, violations } = simulation
        for (const [[name, index], passedMs] of steps) {
          const page = pages[index]!
          if (name === 'leaveBfcache' && page.isFrozen) {
            page.isFrozen = false
            page.tab.leaveBfcache()
          } else if (!page.isFrozen) await pageActions[name]?.(page, simulation)
          await environmentEvents[name]?.(simulation)
          await browser.advance(passedMs)
        }
        simulation.bffFailure = 'none'
        browser.goOnline()
        for (const { tab, isFrozen } of pages) {
          if (isFrozen) tab.leaveBfcache()
          tab.show()
        }
        // A caller waits for at most two requests to the BFF and two to the API.
        await browser.advance(30_000)
        expect(pages.map(({ pendingCalls }) => pendingCalls)).toEqual([0, 0, 0])
        // The longest retry delay.
        await browser.advance(minute)
        if (!simulation.mayHaveEnded) await expectSameSession(simulation)
        // Every page has refreshed its token.
        await browser.advance(20 * minute)
        await expectSameSession(simulation)

        expect(violations).toEqual([])
        expect(unhandledRejections).toEqual([])
        const maxRequests = 12 * (steps.length + browser.monotonicNow() / minute + 5)
        expect(browser.requests.length).toBeLessThan(maxRequests)
        expect(bff.grantCount()).toBeLessThan(maxRequests / 2)
      },
    )
    // The same histories in every run, so that a failure means a change. Set RUNS and SEED to try others.
    const { RUNS = '20', SEED = '20261121' } = process.env
    await fc.assert(property, {
      numRuns: Number(RUNS),
      seed: Number(SEED),
      interruptAfterTimeLimit: 50_000,
      markInterruptAsFailure: true,
    })
  }, 60_000)
})
