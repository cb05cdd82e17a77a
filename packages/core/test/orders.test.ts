import { describe, expect, it } from 'vitest'
import type { AuthClient, Platform } from '../src/index.ts'
import { createAuthClient } from '../src/index.ts'
import type { TestTab } from '../src/testing/index.ts'
import { createFakeBff, createTestBrowser } from '../src/testing/index.ts'

const kinds = ['signIn', 'signOut', 'reload'] as const
/** Where the requests of an act are slow, and for how long; acts are 100 ms apart. */
const latencies = [
  [0, 0],
  [150, 0],
  [0, 350],
] as const

interface Act {
  readonly kind: (typeof kinds)[number]
  readonly tab: number
}

/** All sequences of three acts in two tabs; the first act is in the first tab, because the tabs do not differ. */
const acts = [0, 1].flatMap((tab) => kinds.map((kind): Act => ({ kind, tab })))
const sequences = acts.slice(0, kinds.length).flatMap((a) => acts.flatMap((b) => acts.map((c) => [a, b, c])))
const indexes = [...latencies.keys()]
/** Nothing follows the last act: it is slow or not. */
const latencySequences = indexes.flatMap((a) => indexes.flatMap((b) => [0, 2].map((c) => [a, b, c])))

const forbidden = {
  BroadcastChannel: function () {
    throw new DOMException('The operation is insecure.', 'SecurityError')
  } as unknown as Platform['BroadcastChannel'],
  localStorage: new Proxy({} as Storage, {
    get: () => {
      throw new DOMException('The operation is insecure.', 'SecurityError')
    },
  }),
}

interface Page {
  readonly tab: TestTab
  readonly client: AuthClient<{ username: string }>
  pendingSignIns: number
}

/** Runs acts one after the other, and returns what the pages and a page that is opened last show in the end. */
async function run(sequence: readonly Act[], slow: readonly number[], missing: (keyof typeof forbidden)[]) {
  const bff = createFakeBff()
  let latency: readonly [number, number] = [0, 0]
  const browser = createTestBrowser({
    cookie: bff.startSession('cathy'),
    network: async (request) => {
      const [before, after] = latency
      if (before) await browser.wait(before)
      const response = await bff.fetch(request)
      if (after) await browser.wait(after)
      return response
    },
  })
  const openPage = (): Page => {
    const tab = browser.openTab()
    const platform = {
      ...tab.platform,
      ...Object.fromEntries(missing.map((name) => [name, forbidden[name]])),
    }
    const client = createAuthClient<{ username: string }>({ platform })
    client.subscribe(() => {})
    return { tab, client, pendingSignIns: 0 }
  }
  const pages = [openPage(), openPage()]
  await browser.advance(0)
  /** The users that may be signed in after the acts; `null` stands for nobody. */
  let expected = new Set<string | null>(['cathy'])
  let isOverlapping = false
  let isSignInLost = false
  for (const [index, { kind, tab }] of sequence.entries()) {
    latency = latencies[slow[index]!]!
    const page = pages[tab]!
    const isSigningIn = pages.some(({ pendingSignIns }) => pendingSignIns > 0)
    isOverlapping ||= index > 0 && slow[index - 1] !== 0
    if (kind === 'signIn') {
      const username = `user-${index}`
      // Of two sign-ins that overlap, the later response decides.
      expected = isSigningIn ? expected.add(username) : new Set([username])
      page.pendingSignIns += 1
      void page.client
        .signIn({ username, password: 'x' })
        .catch(() => {})
        .finally(() => (page.pendingSignIns -= 1))
    } else if (kind === 'reload') {
      // The response to a sign-in of a page that is gone may or may not be kept.
      if (page.pendingSignIns) {
        expected.add('cathy').add(null)
        isSignInLost = true
      }
      page.tab.close()
      pages[tab] = openPage()
    } else {
      const { status, session } = page.client.getState()
      // A sign-out ends the session that the page shows; without channels that may be an earlier one.
      const isShown =
        !missing.includes('BroadcastChannel') ||
        status === 'restoring' ||
        expected.has(session?.user.username ?? null)
      if (page.pendingSignIns || (status !== 'signed-out' && isShown)) expected = new Set([null])
      void page.client.signOut()
    }
    await browser.advance(100)
  }
  latency = [0, 0]
  await browser.advance(1_000)
  for (const { tab } of pages) tab.show()
  await browser.advance(0)
  const early = pages.map(({ client }) => client.getState())
  await browser.advance(900_000)
  const last = openPage()
  await browser.advance(0)
  const late = pages.map(({ client }) => client.getState())
  return {
    expected,
    isOverlapping,
    isSignInLost,
    early,
    late,
    actual: last.client.getState(),
    requests: browser.requests,
  }
}

describe('three acts of a user in two tabs, each response before, between or after the other acts', () => {
  it.each([
    ['channels and storage', []],
    ['channels and no storage', ['localStorage']],
    ['storage and no channels', ['BroadcastChannel']],
    ['neither', ['BroadcastChannel', 'localStorage']],
  ] as [string, (keyof typeof forbidden)[]][])(
    'end as the last act says, with %s',
    async (_, missing) => {
      const violations: string[] = []
      for (const sequence of sequences)
        for (const slow of latencySequences) {
          const result = await run(sequence, slow, missing)
          const { expected, isOverlapping, isSignInLost, early, late, actual, requests } = result
          const label = sequence
            .map(({ kind, tab }, index) => `${kind} in ${tab} (${latencies[slow[index]!]!.join(' + ')} ms)`)
            .join(', ')
          const report = (text: string): void =>
            void violations.push(`${label}: ${text}; ${requests.join(', ')}`)
          // Without channels, tabs cannot hear of an act that is still on its way.
          if (!missing.includes('BroadcastChannel') || !isOverlapping) {
            const username = actual.session?.user.username ?? null
            if (!expected.has(username)) report(`ended with ${username}, not ${[...expected].join()}`)
            const isWrong = early.some(({ status }) => (status === 'signed-in') !== (actual.session !== null))
            if (isWrong && !isSignInLost && !missing.includes('localStorage'))
              report(`pages are ${early.map((s) => s.status).join()}`)
          }
          for (const { status, session } of late)
            if (status === 'restoring' || (status === 'signed-in' && session.id !== actual.session?.id))
              report(`a page is ${status} with ${session?.id}, the browser has ${actual.session?.id}`)
        }
      expect(violations.slice(0, 5)).toEqual([])
      expect(violations).toHaveLength(0)
    },
    120_000,
  )
})
