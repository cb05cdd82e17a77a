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
  /** In the back-forward cache, where nothing of it runs. */
  frozen: boolean
  signingIn: number
  /** Promises that the client has given and not settled. */
  waiting: number
}

/** A browser with three pages, and what is known about it without asking any of them. */
interface World {
  readonly browser: TestBrowser
  readonly bff: FakeBff
  readonly pages: Page[]
  readonly open: () => Page
  /** What must never happen, and has. */
  readonly violations: string[]
  trouble: 'none' | 'refusing' | 'hanging'
  /** Somebody has signed out, and nobody has signed in since. */
  gone: boolean
  /** The BFF may have ended a session that a page shows, who learns of it when it asks. */
  ended: boolean
  lastSignOut: number
}

function createWorld(cookieOf: string | null, nextLatency: () => number): World {
  const bff = createFakeBff()
  const cookie = cookieOf === null ? undefined : bff.startSession(cookieOf)
  const violations: string[] = []
  const browser = createTestBrowser({
    ...(cookie !== undefined && { cookie }),
    network: async (request) => {
      if (request.method === 'DELETE') world.lastSignOut = browser.monotonicNow()
      const toBff = new URL(request.url).pathname.startsWith('/auth/')
      if (toBff && world.trouble === 'hanging') return new Promise<never>(() => {})
      await browser.wait(nextLatency())
      if (!toBff) return new Response(null, { status: bff.acceptsToken(request) ? 200 : 401 })
      const refused = world.trouble === 'refusing' && createErrorResponse(503, 'temporarily_unavailable')
      const response = refused || (await bff.fetch(request))
      await browser.wait(nextLatency())
      return response
    },
  })

  const open = (): Page => {
    const tab = browser.openTab()
    const client = createAuthClient<{ username: string }>({
      platform: {
        ...tab.platform,
        fetch: (input, init) => {
          const sent = new Headers(init?.headers).get('authorization')
          const state = client.getState()
          if (sent && (state.status !== 'signed-in' || !sent.startsWith(`Bearer ${state.session.id}.`)))
            violations.push(`${sent} leaves a page that is ${state.status} with ${state.session?.id}`)
          return tab.platform.fetch(input, init)
        },
      },
    })
    client.subscribe(({ status }) => {
      if (world.gone && status === 'signed-in') violations.push('a page is signed in after the sign-out')
    })
    client.accessToken.subscribe(() => {
      const token = client.accessToken.get()
      const { session } = client.getState()
      if (token !== null && !token.startsWith(`${session?.id}.`))
        violations.push(`${token} is shown to ${session?.id}`)
    })
    return { tab, client, frozen: false, signingIn: 0, waiting: 0 }
  }

  const world: World = {
    browser,
    bff,
    pages: [],
    open,
    violations,
    trouble: 'none',
    gone: false,
    ended: false,
    lastSignOut: -Infinity,
  }
  for (let count = 0; count < pageCount; count += 1) world.pages.push(open())
  return world
}

const settles = (page: Page, promise: Promise<unknown>): void => {
  page.waiting += 1
  void promise.catch(() => {}).finally(() => (page.waiting -= 1))
}

/** What is done in a page, by a person or by its code; not while it is frozen. */
const inPage: Record<string, (page: Page, world: World) => void | Promise<unknown>> = {
  signInAsCathy: (page, world) => signIn(page, world, 'cathy'),
  signInAsBob: (page, world) => signIn(page, world, 'bob'),
  signOut: (page, world) => {
    // There is something to sign out of, and no other page is about to begin what this one cannot know of.
    if (!['signed-in', 'expired'].includes(page.client.getState().status)) return
    if (world.pages.some((other) => other !== page && other.signingIn > 0)) return
    world.gone = true
    settles(page, page.client.signOut())
  },
  fetch: (page) => settles(page, page.client.fetch('/api/items')),
  post: (page) => settles(page, page.client.fetch('/api/items', { method: 'POST', body: 'x' })),
  getToken: (page) => settles(page, page.client.getAccessToken()),
  getNewerToken: (page) => settles(page, page.client.getAccessToken({ forceRefresh: true })),
  extend: (page) => settles(page, page.client.extend()),
  hide: (page) => page.tab.hide(),
  show: (page) => page.tab.show(),
  reload: (page, world) => {
    page.tab.close()
    world.pages[world.pages.indexOf(page)] = world.open()
  },
  leave: (page) => {
    page.tab.enterBfcache()
    page.frozen = true
  },
}

async function signIn(page: Page, world: World, username: string): Promise<void> {
  // The late answer to a sign-out of another page would clear the new cookie: a person is slower than that.
  if (world.browser.monotonicNow() - world.lastSignOut < 10_000) await world.browser.advance(10_000)
  world.gone = false
  page.signingIn += 1
  const signingIn = page.client.signIn({ username, password: 'x' })
  // The answer that was lost may have been that of a new session, in whose place the old one has ended.
  signingIn.catch(() => (world.ended = true))
  settles(
    page,
    signingIn.finally(() => (page.signingIn -= 1)),
  )
}

const around: Record<string, (world: World) => void | Promise<unknown>> = {
  goOffline: ({ browser }) => browser.goOffline(),
  goOnline: ({ browser }) => browser.goOnline(),
  sleep: ({ browser }) => browser.sleep(180 * minute),
  refuse: (world) => void (world.trouble = 'refusing'),
  hang: (world) => void (world.trouble = 'hanging'),
  mend: (world) => void (world.trouble = 'none'),
  revokeTokens: ({ bff }) => bff.revokeTokens(),
  endSessions: (world) => {
    world.ended = true
    world.bff.endSessions('idle')
  },
}

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(fc.constantFrom(...Object.keys(inPage), 'return'), fc.nat(pageCount - 1)),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...Object.keys(around)), fc.constant(0)) },
)
const pause = fc.constantFrom(0, 0, 50, 400, 3_000, 20 * minute)
const history = fc.array(fc.tuple(step, pause), { maxLength: 40, size: 'max' })
const latencies = fc.infiniteStream(fc.constantFrom(0, 5, 40, 300, 2_000))
const startsAs = fc.constantFrom('cathy', null)

/** Every page that shows somebody shows whom the cookie names: whom a page sees that is opened now. */
async function expectAgreement({ browser, pages, open }: World): Promise<void> {
  const witness = open()
  await browser.advance(10_000)
  const { session } = witness.client.getState()
  for (const { client } of pages) {
    const state = client.getState()
    expect(state.status).not.toBe('restoring')
    if (state.status === 'signed-in') expect(state.session.id).toBe(session?.id)
  }
  witness.tab.close()
}

describe('any history of three pages', () => {
  const unhandled: unknown[] = []
  const keep = (reason: unknown): void => void unhandled.push(reason)
  beforeEach(() => void process.on('unhandledRejection', keep))
  afterEach(() => void process.off('unhandledRejection', keep))

  it('ends in agreement, and on the way no token is where it should not be, nobody waits for ever, nothing storms', async () => {
    const property = fc.asyncProperty(startsAs, history, latencies, async (start, steps, latency) => {
      const world = createWorld(start, () => latency.next().value)
      const { browser, bff, pages, violations } = world
      for (const [[act, index], rest] of steps) {
        const page = pages[index]!
        if (act === 'return' && page.frozen) {
          page.frozen = false
          page.tab.leaveBfcache()
        } else if (!page.frozen) await inPage[act]?.(page, world)
        await around[act]?.(world)
        await browser.advance(rest)
      }
      world.trouble = 'none'
      browser.goOnline()
      for (const { tab, frozen } of pages) {
        if (frozen) tab.leaveBfcache()
        tab.show()
      }
      // Two questions one after the other and two requests are the longest wait of a caller.
      await browser.advance(30_000)
      expect(pages.map(({ waiting }) => waiting)).toEqual([0, 0, 0])
      // The longest wait for the next try.
      await browser.advance(minute)
      if (!world.ended) await expectAgreement(world)
      // After the life of a token every page has had to ask.
      await browser.advance(20 * minute)
      await expectAgreement(world)

      expect(violations).toEqual([])
      expect(unhandled).toEqual([])
      const most = 12 * (steps.length + browser.monotonicNow() / minute + 5)
      expect(browser.requests.length).toBeLessThan(most)
      expect(bff.grantCount()).toBeLessThan(most / 2)
    })
    // The same histories each time, so that a red run means a change; RUNS and SEED look further.
    const { RUNS = '20', SEED = '20261121' } = process.env
    await fc.assert(property, {
      numRuns: Number(RUNS),
      seed: Number(SEED),
      interruptAfterTimeLimit: 50_000,
      markInterruptAsFailure: true,
    })
  }, 60_000)
})
