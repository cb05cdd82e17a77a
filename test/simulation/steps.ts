import { password } from './authorization-server.ts'
import type { Step } from './history.ts'
import { browserCount, pageCount, users } from './history.ts'
import type { Page, SimulatedBrowser } from './simulated-browser.ts'
import type { Simulation } from './simulation.ts'
import { mayHaveEnded } from './token-family.ts'

type Action = (page: Page, browser: SimulatedBrowser, simulation: Simulation, step: Step) => void
type Event = (simulation: Simulation, step: Step) => void

const actions: Record<string, Action> = {
  fetch: (page) => call(page, page.client.fetch('/api/items')),
  'fetch three times': (page) => {
    for (const body of ['1', '2', '3']) call(page, page.client.fetch('/api/items', { method: 'POST', body }))
  },
  'get token': (page) => call(page, page.client.getAccessToken()),
  'get newer token': (page) => call(page, page.client.getAccessToken({ forceRefresh: true })),
  'get newer token and extend': (page) => {
    call(page, page.client.getAccessToken({ forceRefresh: true }))
    call(page, page.client.extend())
  },
  extend: (page) => call(page, page.client.extend()),
  'sign in': (page, browser, _, { index }) => {
    // The response to a sign-out that is under way would remove the new cookie: decision 0005.
    if (browser.isSigningOut()) return
    call(page, page.client.signIn({ username: users[index % users.length]!, password }))
  },
  'sign in with a wrong password': (page) =>
    call(page, page.client.signIn({ username: 'cathy', password: 'wrong' })),
  'sign out': (page, browser) => signOut(page, browser, false),
  'sign out everywhere': (page, browser) => signOut(page, browser, true),
  hide: ({ tab }) => tab.hide(),
  show: ({ tab }) => tab.show(),
  reload: (page, browser) => void browser.reload(page),
  'enter bfcache': (page) => {
    page.tab.enterBfcache()
    page.isFrozen = true
  },
}

function signOut(page: Page, browser: SimulatedBrowser, everywhere: boolean): void {
  const { session } = page.client.getState()
  if (session) browser.signedOutFamilies.add(session.user.family)
  call(page, page.client.signOut({ everywhere }))
}

function call(page: Page, promise: Promise<unknown>): void {
  page.pendingCalls += 1
  void promise.catch(() => {}).finally(() => (page.pendingCalls -= 1))
}

/** All methods, as without a network; writes, as on a full disk; leases. */
const failingMethods = [undefined, 'replace', 'lease'] as const

const events: Record<string, Event> = {
  'go offline': ({ browsers }, { index }) => browsers[index % browserCount]!.goOffline(),
  'go online': ({ browsers }, { index }) => browsers[index % browserCount]!.goOnline(),
  'kill a process': ({ processes, replaceProcess }, { index }) => {
    const process = processes[index % processes.length]!
    process.kill()
    replaceProcess(process)
  },
  'deploy a process': ({ processes, replaceProcess }, { index }) => {
    const process = processes[index % processes.length]!
    replaceProcess(process)
    void process.close()
  },
  'store fails': ({ store }, { count, index }) =>
    store.fail(count, failingMethods[index % failingMethods.length]),
  'store is slow': ({ store }, { count }) => store.slowDown(count * 3),
  'server fails': ({ server }, { fault, count }) => server.fail(fault, Math.ceil(count / 2)),
  'server revokes a session': ({ server, clock }, { index }) => {
    const live = server.families.filter((family) => !mayHaveEnded(family, clock.now()))
    const family = live[index % live.length]
    if (family) server.revoke(family)
  },
  'resource server rejects all tokens': ({ rejectTokens }) => rejectTokens(),
  'faults stop': ({ store, server, browsers }) => {
    store.recover()
    server.recover()
    for (const browser of browsers) browser.goOnline()
  },
}

/** Starts what happens in a step. */
export function startStep(simulation: Simulation, step: Step): void {
  const { name, index } = step
  events[name]?.(simulation, step)
  const browser = simulation.browsers[index % browserCount]!
  const page = browser.pages[Math.floor(index / browserCount) % pageCount]!
  if (page.isFrozen && name === 'leave bfcache') {
    page.isFrozen = false
    page.tab.leaveBfcache()
  } else if (!page.isFrozen) actions[name]?.(page, browser, simulation, step)
}
