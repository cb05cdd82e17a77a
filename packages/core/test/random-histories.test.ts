import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { AuthClient } from '../src/index.ts'
import { createAuthClient } from '../src/index.ts'
import type { TestTab } from '../src/testing/index.ts'
import { createFakeBff, createTestBrowser, errorResponse } from '../src/testing/index.ts'

const minute = 60_000
const users = ['cathy', 'bob'] as const
const tabCount = 3

const tab = fc.nat(tabCount - 1)
/** What people, networks and machines do. */
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ act: fc.constant('signIn' as const), tab, user: fc.nat(1) }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('signOut' as const), tab }) },
  { weight: 6, arbitrary: fc.record({ act: fc.constantFrom('fetch', 'token', 'force', 'extend'), tab }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constantFrom('hide', 'show', 'leave', 'return'), tab }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constantFrom('goOffline', 'goOnline') }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constantFrom('breakBff', 'hangBff', 'mendBff', 'revoke') }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constantFrom('end', 'sleep', 'reload'), tab }) },
)
/** A step, and how long nothing happens after it. */
const history = fc.array(fc.tuple(step, fc.constantFrom(0, 0, 50, 400, 3_000, 20 * minute)), {
  maxLength: 40,
  size: 'max',
})
const latencies = fc.infiniteStream(fc.constantFrom(0, 5, 40, 300, 2_000))

interface Person {
  readonly page: TestTab
  readonly client: AuthClient<{ username: string }>
  cached: boolean
  signingIn: number
}

const unhandled: unknown[] = []
const note = (reason: unknown): void => void unhandled.push(reason)
beforeEach(() => void process.on('unhandledRejection', note))
afterEach(() => void process.off('unhandledRejection', note))

it(
  'ends with every page showing whom the cookie names, whatever happened in between',
  { timeout: 400_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), history, latencies, async (begun, steps, latency) => {
        const bff = createFakeBff()
        const cookie = begun ? bff.startSession('cathy') : undefined
        let trouble: 'none' | 'broken' | 'hanging' = 'none'
        /** Somebody has signed out, and nobody has signed in since. */
        let gone = false
        let lastSignOut = -Infinity
        const violations: string[] = []
        const browser = createTestBrowser({
          ...(cookie !== undefined && { cookie }),
          network: async (request) => {
            const { pathname } = new URL(request.url)
            if (!pathname.startsWith('/auth/')) {
              await browser.wait(latency.next().value)
              return new Response(null, { status: bff.accepts(request) ? 200 : 401 })
            }
            if (request.method === 'DELETE') lastSignOut = browser.monotonicNow()
            if (trouble === 'hanging') return new Promise<never>(() => {})
            await browser.wait(latency.next().value)
            if (trouble === 'broken') return errorResponse(503, 'temporarily_unavailable')
            const response = await bff.fetch(request)
            await browser.wait(latency.next().value)
            return response
          },
        })
        const open = (): Person => {
          const page = browser.openTab()
          const platform = {
            ...page.platform,
            fetch: (input: RequestInfo | URL, init?: RequestInit) => {
              const sent = new Headers(init?.headers).get('authorization')
              const owner = /session-\d+/.exec(sent ?? '')?.[0]
              const present = client.getState()
              if (sent && (present.status !== 'signed-in' || present.session.id !== owner))
                violations.push(`${sent} is sent by a page that is ${JSON.stringify(present)}`)
              return page.platform.fetch(input, init)
            },
          }
          const client = createAuthClient<{ username: string }>({ platform })
          client.subscribe(({ status }) => {
            if (gone && status === 'signed-in') violations.push('signed in after the sign-out')
          })
          client.accessToken.subscribe(() => {
            const token = client.accessToken.get()
            const { session } = client.getState()
            if (token !== null && !token.startsWith(`${session?.id}.`)) violations.push(`${token} of another`)
          })
          return { page, client, cached: false, signingIn: 0 }
        }
        const people = Array.from({ length: tabCount }, open)
        let waiting = 0
        const settles = (promise: Promise<unknown>): void => {
          waiting += 1
          void promise.catch(() => {}).finally(() => (waiting -= 1))
        }
        let asked = 0
        let signIns = 0

        for (const [{ act, ...more }, pause] of steps) {
          const at = 'tab' in more ? more.tab : 0
          const person = people[at]!
          const { client, page } = person
          switch (act) {
            case 'signIn':
              if (person.cached) break
              // An answer to a sign-out clears the cookie, whoever's that is by then.
              if (browser.monotonicNow() - lastSignOut < 10_000) await browser.advance(10_000)
              gone = false
              signIns += 1
              person.signingIn += 1
              settles(
                client
                  .signIn({ username: users['user' in more ? more.user : 0]!, password: 'x' })
                  .finally(() => (person.signingIn -= 1)),
              )
              break
            case 'signOut':
              if (person.cached || !client.getState().session) break
              // What one page is about to begin, no other one can know of.
              if (people.some((other) => other !== person && other.signingIn > 0)) break
              gone = true
              void client.signOut()
              break
            case 'fetch':
              asked += 1
              settles(client.fetch('/api/items'))
              break
            case 'token':
              asked += 1
              settles(client.getAccessToken())
              break
            case 'force':
              asked += 1
              settles(client.getAccessToken({ forceRefresh: true }))
              break
            case 'extend':
              settles(client.extend())
              break
            case 'leave':
              page.leave()
              person.cached = true
              break
            case 'return':
              if (person.cached) page.return()
              person.cached = false
              break
            case 'hide':
              page.hide()
              break
            case 'show':
              page.show()
              break
            case 'goOffline':
              browser.goOffline()
              break
            case 'goOnline':
              browser.goOnline()
              break
            case 'breakBff':
              trouble = 'broken'
              break
            case 'hangBff':
              trouble = 'hanging'
              break
            case 'mendBff':
              trouble = 'none'
              break
            case 'revoke':
              bff.revokeTokens()
              break
            case 'end':
              bff.endSessions('idle')
              break
            case 'sleep':
              await browser.sleep(3 * 60 * minute)
              break
            case 'reload':
              page.close()
              people[at] = open()
              break
          }
          await browser.advance(pause)
        }
        trouble = 'none'
        browser.goOnline()
        await browser.advance(25_000)
        expect(waiting).toBe(0)
        for (const person of people) {
          if (person.cached) person.page.return()
          person.page.show()
        }
        // Every page has had to ask for a token once more.
        await browser.advance(20 * minute)
        const fresh = open()
        await browser.advance(10_000)
        const truth = fresh.client.getState()
        const shown = people.map(({ client }) => client.getState())
        for (const state of shown) {
          expect(state.status).not.toBe('restoring')
          if (state.status === 'signed-in') expect(state.session.id).toBe(truth.session?.id)
        }
        expect(violations).toEqual([])
        expect(bff.grants()).toBeLessThanOrEqual(asked + signIns + 400)
        expect(unhandled).toEqual([])
      }),
      { numRuns: Number(process.env['RUNS'] ?? 60) },
    )
  },
)
