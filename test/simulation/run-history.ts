import { password } from './authorization-server.ts'
import type { Clock } from './clock.ts'
import type { History } from './history.ts'
import { pageCounts, users } from './history.ts'
import type { Page, SimulatedBrowser } from './simulated-browser.ts'
import type { Simulation } from './simulation.ts'
import { createSimulation } from './simulation.ts'
import { startStep } from './steps.ts'
import { mayHaveEnded } from './token-family.ts'

/** The result of a run. */
export interface RunResult {
  /** Every event of the run, one a line. */
  readonly trace: readonly string[]
  /** The invariants that did not hold. */
  readonly violations: readonly string[]
}

const second = 1000

/** Runs a history, and checks the invariants after each step. It stops at the first step that breaks one. */
export async function runHistory(history: History): Promise<RunResult> {
  const rejections: unknown[] = []
  const record = (reason: unknown): void => void rejections.push(reason)
  process.on('unhandledRejection', record)
  const simulation = createSimulation(history)
  const { clock, random, journal } = simulation
  try {
    await signInFirstUsers(simulation, history)
    for (const step of history.steps) {
      if (journal.violations.length > 0) break
      random.reseed(step.seed)
      journal.note(`--- ${step.name}`)
      startStep(simulation, step)
      await clock.advance(step.pauseMs)
      for (const browser of simulation.browsers) checkStates(simulation, browser)
    }
    if (journal.violations.length === 0) {
      random.reseed(history.steps.length)
      await settle(simulation)
    }
  } finally {
    clock.stop()
    process.off('unhandledRejection', record)
  }
  for (const reason of rejections) journal.violate('no unhandled rejection', String(reason))
  return { trace: journal.lines, violations: journal.violations }
}

/** Signs a user in in each browser, and opens further pages. */
async function signInFirstUsers({ browsers, clock }: Simulation, { isSameUser }: History): Promise<void> {
  for (const [index, { pages, openPage }] of browsers.entries()) {
    const page = openPage()
    pages.push(page)
    void page.client.signIn({ username: users[isSameUser ? 0 : index]!, password })
  }
  await clock.advance(second)
  for (const [index, { pages, openPage }] of browsers.entries())
    while (pages.length < pageCounts[index]!) pages.push(openPage())
  await clock.advance(second)
}

/** Checks what the pages of a browser show between two steps. */
function checkStates({ server, clock, journal }: Simulation, browser: SimulatedBrowser): void {
  for (const { name, client, isFrozen } of browser.pages) {
    if (isFrozen) continue
    const { session } = client.getState()
    const id = client.getState().status === 'signed-in' ? session?.user.family : undefined
    if (id !== undefined && browser.signedOutFamilies.has(id))
      journal.violate('a sign-out is final', `${name} shows ${id}, which this browser has signed out of`)
    const value = client.accessToken.get()
    const token = value === null ? undefined : server.findAccessToken(value)
    if (token && clock.now() >= token.expiresAt)
      journal.violate('no token after its end', `${name} has ${value}, which has expired`)
  }
}

/** Ends all faults, and checks that every page, call and process comes to rest in the state that is due. */
async function settle(simulation: Simulation): Promise<void> {
  const { clock, journal, browsers, processes, store, server } = simulation
  journal.note('--- the end of all faults')
  store.recover()
  server.recover()
  for (const { pages, goOnline } of browsers) {
    goOnline()
    for (const page of pages) {
      if (page.isFrozen) page.tab.leaveBfcache()
      page.isFrozen = false
      page.tab.show()
    }
  }
  // A caller waits for at most two requests to the BFF and two to the API.
  await clock.advance(30 * second)
  for (const { name, pendingCalls } of browsers.flatMap(({ pages }) => pages))
    if (pendingCalls > 0) journal.violate('all settles', `${pendingCalls} calls of ${name} wait`)
  // The longest delay of a retry, in a page and in the BFF.
  await clock.advance(90 * second)
  for (const browser of browsers) await checkPages(simulation, browser)
  const closings = processes.map(async (process) => {
    await process.close(false)
    if (!process.isIdle()) journal.violate('all settles', `close() of ${process.name} waits`)
  })
  await clock.advance(11 * second)
  await Promise.all(closings)
}

/** Checks that every page that asks has the session of the browser's cookie, and can use it. */
async function checkPages({ clock, journal }: Simulation, browser: SimulatedBrowser): Promise<void> {
  // A page learns of an end only from its next request, which need not come while its token is valid.
  for (const { client } of browser.pages.slice(1)) client.extend().catch(() => {})
  const newPage = browser.reload(browser.pages[0]!)
  await clock.advance(10 * second)
  const state = newPage.client.getState()
  const family = browser.getFamily()
  if (state.status === 'restoring') journal.violate('all settles', `${newPage.name} restores`)
  if (state.status !== 'signed-in' && family && !mayHaveEnded(family, clock.now()))
    journal.violate(
      'no session is lost',
      `${newPage.name} is ${state.status}, not signed in with ${family.id}`,
    )
  for (const { name, client } of browser.pages) {
    const { status, session } = client.getState()
    const isSame = state.status === 'signed-in' ? session?.id === state.session.id : status !== 'signed-in'
    if (!isSame || status === 'restoring')
      journal.violate('all settles', `${name} is ${status}, ${newPage.name} is ${state.status}`)
  }
  if (state.status !== 'signed-in' || family?.isRevoked) return
  for (const [index, status] of (await fetchInPages(browser.pages, clock)).entries())
    if (status !== 200)
      journal.violate('all settles', `${browser.pages[index]?.name} cannot fetch: ${status}`)
}

/** Fetches from the API in each page; returns the statuses, or why there is none. */
async function fetchInPages(pages: readonly Page[], clock: Clock): Promise<(number | string)[]> {
  const results: (number | string)[] = pages.map(() => 'no response')
  for (const [index, { client }] of pages.entries())
    client
      .fetch('/api/items')
      .then(async (response) => (await response.text()) && (results[index] = response.status))
      .catch((error: unknown) => (results[index] = String(error)))
  await clock.advance(30 * second)
  return results
}
