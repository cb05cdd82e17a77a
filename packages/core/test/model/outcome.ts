import { disposePage, restoreNetwork, showPage } from './commands.ts'
import type { ClientPage, Simulation } from './simulation.ts'
import { subscribe, track } from './simulation.ts'
import { getExpectedSession, mayForget } from './user-acts.ts'

/** A request that hangs, the longest retry delay, and the next response. */
const recoveryMs = 75_000

/** Heals everything, and checks what every history must end with. */
export async function checkOutcome(simulation: Simulation): Promise<void> {
  const { acts, bff, browser, circumstances, commandTimes, tabs, timeline, violations } = simulation
  const livePages = (): ClientPage[] =>
    tabs.filter(({ page, isDisposed }) => page.condition !== 'closed' && !isDisposed)
  const showAll = async (): Promise<void> => {
    for (const { page } of livePages()) browser.dispatch(page, 'focus')
    await timeline.pass(5_000)
  }

  commandTimes.push(...tabs.map(() => timeline.now()))
  simulation.log.push(`${timeline.now().toFixed(0)} everything is well`)
  bff.condition = 'well'
  for (const page of tabs) {
    showPage(simulation, page)
    if (!page.isDisposed && page.page.condition !== 'closed') subscribe(simulation, page)
  }
  await timeline.pass(50)
  restoreNetwork(simulation)
  await timeline.pass(recoveryMs)
  await showAll()
  // A sign-out that the pages carry on with needs one.
  if (livePages().length === 0) {
    tabs[0] = simulation.openPage()
    subscribe(simulation, tabs[0])
    await timeline.pass(recoveryMs)
  }
  for (const page of livePages()) checkCalls(simulation, page)
  // A session that the BFF has ended is shown until its token is due.
  if (acts.lastEndAt === -Infinity) checkAgreement(simulation, livePages())
  // Every page refreshes its token.
  await timeline.pass(circumstances.lifetimeSeconds * 1000 + 10_000)
  // In proxy mode only a call notices that the session has ended.
  if (circumstances.mode === 'proxy')
    for (const page of livePages())
      track(page, 'forceRefresh', page.client.getAccessToken({ forceRefresh: true }))
  await showAll()
  const lastPage = simulation.openPage()
  subscribe(simulation, lastPage)
  tabs.push(lastPage)
  await timeline.pass(5_000)
  checkAgreement(simulation, livePages())

  const last = bff.isAlive(browser.cookie) ? browser.cookie : ''
  const expected = getExpectedSession(acts)
  if (circumstances.channels && circumstances.storage === 'works' && expected && expected !== last)
    violations.push(`the browser has the session "${last}" and not ${expected} of the last sign-in`)
  const wasSignedOut = acts.signOuts.some(
    (act) => act.sessionId === last && !mayForget(acts, circumstances.storage, act),
  )
  if (last && wasSignedOut && !acts.isSignOutLost)
    violations.push(`the browser has ${last}, of which a user has signed out`)

  for (const page of livePages()) disposePage(simulation, page)
  await timeline.pass(60_000)
  for (const { page, number, isDisposed, pendingCalls } of tabs) {
    if (!isDisposed) continue
    if (page.getResourceCount() > 0)
      violations.push(
        `page ${number} has ${page.getResourceCount()} listeners, timers and channels in the end`,
      )
    if (pendingCalls.size > 0)
      violations.push(`page ${number} has not settled ${[...pendingCalls.values()].join(', ')} in the end`)
  }
}

function checkCalls({ circumstances, violations }: Simulation, page: ClientPage): void {
  const { status } = page.client.getState()
  const labels = [...page.pendingCalls.values()]
  if (status === 'restoring') violations.push(`page ${page.number} does not recover`)
  if (labels.length > 0 && !(circumstances.holds && status === 'expired'))
    violations.push(`page ${page.number} has not settled ${labels.join(', ')} while ${status}`)
}

/** Every page shows what the browser has, whether that is a session or none. */
function checkAgreement({ acts, bff, browser, violations, timeline }: Simulation, pages: ClientPage[]): void {
  if (acts.isSignOutLost) return
  const sessionId = bff.isAlive(browser.cookie) ? browser.cookie : null
  for (const { client, number, hasMissedMessage } of pages) {
    const { status, session } = client.getState()
    if (hasMissedMessage || (acts.isSignInLost && status === 'signed-out')) continue
    const isRight =
      sessionId === null ? ['expired', 'signed-out'].includes(status) : session?.id === sessionId
    if (!isRight || (sessionId !== null && status !== 'signed-in'))
      violations.push(
        `${timeline.now().toFixed(0)} ms: page ${number} is ${status} with ${session?.id}, the browser has ${sessionId}`,
      )
  }
}
