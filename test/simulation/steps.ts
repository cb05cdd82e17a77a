import { password } from './authorization-server.ts'
import type { BffProcess } from './bff-process.ts'
import type { Step } from './history.ts'
import { processCount, users } from './history.ts'
import type { Page, SimulatedBrowser } from './simulated-browser.ts'
import type { Simulation } from './simulation.ts'
import { mayHaveEnded } from './token-family.ts'

type Action = (page: Page, browser: SimulatedBrowser, simulation: Simulation, step: Step) => void
type Event = (simulation: Simulation, step: Step) => void

const actions: Record<string, Action> = {
  fetch: (page) => fetchItems(page),
  'fetch three times': (page) => {
    for (const body of ['1', '2', '3']) fetchItems(page, { method: 'POST', body })
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
    signIn(page, users[index % users.length]!, password)
  },
  'sign in with a wrong password': (page) => signIn(page, 'cathy', 'wrong'),
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

function signIn(page: Page, username: string, givenPassword: string): void {
  page.pendingSignIns += 1
  const work = page.client.signIn({ username, password: givenPassword })
  call(
    page,
    work.finally(() => (page.pendingSignIns -= 1)),
  )
}

function signOut(page: Page, browser: SimulatedBrowser, everywhere: boolean): void {
  const { session } = page.client.getState()
  // During a sign-in the client does not know which session it ends, and asks the other tabs to look again.
  if (session && page.pendingSignIns === 0) browser.signedOutFamilies.add(session.user.family)
  call(page, page.client.signOut({ everywhere }))
}

/** Fetches from the API and reads the whole response. */
function fetchItems(page: Page, init?: RequestInit): void {
  call(
    page,
    page.client.fetch('/api/items', init).then((response) => response.text()),
  )
}

function call(page: Page, promise: Promise<unknown>): void {
  page.pendingCalls += 1
  void promise.catch(() => {}).finally(() => (page.pendingCalls -= 1))
}

/** All methods, as without a network; writes, as on a full disk; leases. */
const failingMethods = [undefined, 'replace', 'lease'] as const

const events: Record<string, Event> = {
  'go offline': ({ browsers }, { index }) => browsers[index % browsers.length]!.goOffline(),
  'go online': ({ browsers }, { index }) => browsers[index % browsers.length]!.goOnline(),
  'kill a process': (simulation, { index }) => kill(simulation, simulation.processes[index % processCount]),
  'kill a process during a refresh': (simulation) =>
    simulation.server.interruptRefresh(({ name }) => kill(simulation, findProcess(simulation, name))),
  'deploy a process': (simulation, { index }) =>
    deploy(simulation, simulation.processes[index % processCount], index >= 6),
  'deploy a process during a refresh': (simulation, { index }) =>
    simulation.server.interruptRefresh(({ name }) =>
      deploy(simulation, findProcess(simulation, name), index >= 6),
    ),
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

function findProcess({ processes }: Simulation, name: string): BffProcess | undefined {
  return processes.find((process) => process.name === name)
}

/** Kills a process, if it has not been replaced already, and starts another one. */
function kill({ replaceProcess }: Simulation, process: BffProcess | undefined): void {
  if (!process) return
  replaceProcess(process)
  process.kill()
}

function deploy(
  { replaceProcess }: Simulation,
  process: BffProcess | undefined,
  cutsConnections: boolean,
): void {
  if (!process) return
  replaceProcess(process)
  void process.close(cutsConnections)
}

/** Starts what happens in a step. */
export function startStep(simulation: Simulation, step: Step): void {
  const { name, index } = step
  events[name]?.(simulation, step)
  const targets = simulation.browsers.flatMap((browser) => browser.pages.map((page) => ({ browser, page })))
  const { browser, page } = targets[index % targets.length]!
  if (page.isFrozen && name === 'leave bfcache') {
    page.isFrozen = false
    page.tab.leaveBfcache()
  } else if (!page.isFrozen) actions[name]?.(page, browser, simulation, step)
}
