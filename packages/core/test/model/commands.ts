import type { ClientPage, Simulation } from './simulation.ts'
import { isRunning, rejectedUser, subscribe, track } from './simulation.ts'
import type { SignInAct } from './user-acts.ts'

const minute = 60_000

function signIn(
  { acts, timeline }: Simulation,
  page: ClientPage,
  username: string,
  password = 'x',
  giveUpMs?: number,
): void {
  const act: SignInAct = {
    page: page.number,
    startedAt: timeline.now(),
    username,
    settledAt: Infinity,
    isAborted: false,
    sessionId: '',
  }
  if (!page.isDisposed) acts.signIns.push(act)
  const controller = new AbortController()
  if (giveUpMs !== undefined) timeline.schedule(giveUpMs, () => controller.abort())
  const call = page.client.signIn({ username, password }, { signal: controller.signal })
  track(page, `signIn ${username}`, call)
  call.then(
    ({ id }) => {
      act.sessionId = id
      act.settledAt = timeline.now()
    },
    () => {
      // The lost response may have been that of a new session, which has replaced the previous one.
      act.settledAt = acts.lastEndAt = timeline.now()
    },
  )
}

function signOut({ acts, browser, timeline }: Simulation, page: ClientPage, everywhere = false): void {
  const { status, session } = page.client.getState()
  const signIns = acts.signIns.filter((act) => act.page === page.number && act.settledAt === Infinity)
  const isSigningIn = signIns.some(({ isAborted }) => !isAborted)
  for (const act of signIns) act.isAborted = true
  if (!page.isDisposed && (status !== 'signed-out' || isSigningIn)) {
    const isNamed = status !== 'restoring' && !isSigningIn
    const sessionId = (isNamed && session?.id) || browser.cookie
    acts.signOuts.push({ page: page.number, at: timeline.now(), sessionId, isNamed })
  }
  track(page, 'signOut', page.client.signOut({ everywhere }))
}

function fetchApi({ callSubjects }: Simulation, page: ClientPage, init: RequestInit = {}): void {
  callSubjects.push(page.client.getState().session?.subject ?? null)
  track(page, 'fetch', page.client.fetch(`/api/items?call=${callSubjects.length - 1}`, init))
}

/** A page is gone: what it has not sent is lost, where no storage keeps it. */
function noteLostSignOut({ acts, bff, circumstances }: Simulation, page: ClientPage): void {
  const isLost = acts.signOuts.some((act) => act.page === page.number && bff.isAlive(act.sessionId))
  if (isLost && circumstances.storage !== 'works') acts.isSignOutLost = true
}

/** The sign-ins of a page that is gone: their cookies may have arrived, and no page tells the others. */
function noteLostSignIn({ acts, timeline }: Simulation, page: ClientPage): void {
  for (const act of acts.signIns) {
    if (act.page !== page.number || act.settledAt < Infinity) continue
    act.settledAt = acts.lastEndAt = timeline.now()
    acts.isSignInLost = true
  }
}

function closePage(simulation: Simulation, page: ClientPage): void {
  noteLostSignOut(simulation, page)
  noteLostSignIn(simulation, page)
  simulation.browser.changeCondition(page.page, 'closed')
}

export function disposePage(simulation: Simulation, page: ClientPage): void {
  noteLostSignOut(simulation, page)
  noteLostSignIn(simulation, page)
  page.client.dispose()
  page.isDisposed = true
}

/** Shows a page, which then reports a sign-in whose response came while it was frozen. */
export function showPage({ acts, browser, circumstances }: Simulation, { page, number }: ClientPage): void {
  const isLate =
    ['frozen', 'cached'].includes(page.condition) &&
    acts.signIns.some((act) => act.page === number && act.settledAt === Infinity)
  // Without storage, another page takes it for a later one than the sign-out that it remembers.
  if (isLate && circumstances.storage !== 'works') acts.isSignOutLost = true
  browser.changeCondition(page, 'visible')
}

/** What users and the code of a page do; the page runs. */
const pageCommands: Record<string, (simulation: Simulation, page: ClientPage) => void> = {
  'sign in as cathy': (simulation, page) => signIn(simulation, page, 'cathy'),
  'sign in as bob': (simulation, page) => signIn(simulation, page, 'bob'),
  'sign in as eve': (simulation, page) => signIn(simulation, page, rejectedUser),
  'sign in with a wrong password': (simulation, page) => signIn(simulation, page, 'cathy', 'wrong'),
  'sign in twice': (simulation, page) => {
    signIn(simulation, page, 'cathy')
    signIn(simulation, page, 'bob')
  },
  'sign in and give up': (simulation, page) => signIn(simulation, page, 'bob', 'x', 15),
  'sign out': (simulation, page) => signOut(simulation, page),
  'sign out twice': (simulation, page) => {
    signOut(simulation, page)
    signOut(simulation, page)
  },
  'sign out everywhere': (simulation, page) => signOut(simulation, page, true),
  'sign in and out': (simulation, page) => {
    signIn(simulation, page, 'bob')
    signOut(simulation, page)
  },
  'sign out and in': (simulation, page) => {
    signOut(simulation, page)
    signIn(simulation, page, 'bob')
  },
  fetch: (simulation, page) => fetchApi(simulation, page),
  post: (simulation, page) => fetchApi(simulation, page, { method: 'POST', body: 'x' }),
  'fetch 5 times': (simulation, page) => {
    for (let count = 0; count < 5; count += 1) fetchApi(simulation, page)
  },
  'fetch and give up': (simulation, page) => {
    const controller = new AbortController()
    simulation.timeline.schedule(10, () => controller.abort())
    fetchApi(simulation, page, { signal: controller.signal })
  },
  'get a token': (_, page) => track(page, 'getAccessToken', page.client.getAccessToken()),
  'get a newer token': (_, page) =>
    track(page, 'forceRefresh', page.client.getAccessToken({ forceRefresh: true })),
  extend: (_, page) => track(page, 'extend', page.client.extend()),
  'wait until ready': (_, page) => track(page, 'ready', page.client.ready()),
  subscribe: (simulation, page) => subscribe(simulation, page),
  unsubscribe: (_, page) => page.unsubscribe?.(),
  focus: ({ browser }, { page }) => browser.dispatch(page, 'focus'),
  hide: ({ browser }, { page }) => browser.changeCondition(page, 'hidden'),
  freeze: ({ browser }, { page }) => browser.changeCondition(page, 'frozen'),
  cache: ({ browser }, { page }) => browser.changeCondition(page, 'cached'),
  dispose: (simulation, page) => disposePage(simulation, page),
}

/** What happens to a tab, whatever its page does. */
const tabCommands: Record<string, (simulation: Simulation, page: ClientPage, tab: number) => void> = {
  show: (simulation, page) => showPage(simulation, page),
  reload: (simulation, page, tab) => {
    closePage(simulation, page)
    simulation.tabs[tab] = simulation.openPage()
  },
  close: (simulation, page) => closePage(simulation, page),
}

/** What happens outside the browser. */
const environmentCommands: Record<string, (simulation: Simulation) => void> = {
  'the network is cut': ({ network }) => void (network.condition = 'cut'),
  'the network is slow': ({ network }) => void (network.condition = 'slow'),
  'the network reorders': ({ network }) => void (network.condition = 'reordering'),
  'the network loses responses': ({ network }) => void (network.condition = 'losing responses'),
  'the network is silent': ({ network }) => void (network.condition = 'silent'),
  'a portal responds': ({ network }) => void (network.condition = 'captive'),
  'the network is back': (simulation) => restoreNetwork(simulation),
  'the BFF fails': ({ bff }) => void (bff.condition = 'failing'),
  'the BFF throttles': ({ bff }) => Object.assign(bff, { condition: 'throttling', retryAfter: 20 }),
  'the authorization server fails': ({ bff }) => void (bff.condition = 'without grants'),
  'the authorization server is too slow': ({ bff }) => void (bff.condition = 'issuing expired tokens'),
  'the BFF is well': ({ bff }) => void (bff.condition = 'well'),
  'the BFF restarts': ({ bff, network, timeline }) => {
    bff.condition = 'restarting'
    network.breakConnections()
    timeline.schedule(2_000, () => {
      if (bff.condition === 'restarting') bff.condition = 'well'
    })
  },
  'the BFF loses its sessions': ({ acts, bff, timeline }) => {
    acts.lastEndAt = timeline.now()
    bff.endSessions('no_session')
  },
  "cathy's session ends": ({ acts, bff, timeline }) => {
    acts.lastEndAt = timeline.now()
    bff.endSessions('idle', 'cathy')
  },
  'the tokens are revoked': ({ bff }) => bff.revokeTokens(),
  'the tokens are rotated': ({ bff }) => bff.rotateTokens(),
  'the machine sleeps for 3 s': ({ timeline }) => timeline.sleep(3_000),
  'the machine sleeps for 3 h': ({ timeline }) => timeline.sleep(180 * minute),
  'the clock is set forward': ({ timeline }) => timeline.stepWallClock(60 * minute),
  'the clock is set back': ({ allPages, timeline }) => {
    timeline.stepWallClock(-60 * minute)
    for (const { page } of allPages) page.isClockUnread = true
  },
}

export function restoreNetwork({ network, browser, tabs }: Simulation): void {
  network.condition = 'quick'
  for (const { page } of tabs) browser.dispatch(page, 'online')
}

export const pageCommandNames = [...Object.keys(pageCommands), ...Object.keys(tabCommands)]
export const environmentCommandNames = Object.keys(environmentCommands)

/** Executes a command in a tab, if that is possible there. */
export function execute(simulation: Simulation, name: string, tab: number): void {
  const page = simulation.tabs[tab]!
  simulation.commandTimes.push(simulation.timeline.now())
  simulation.log.push(`${simulation.timeline.now().toFixed(0)} ${name} (tab ${tab}, page ${page.number})`)
  environmentCommands[name]?.(simulation)
  tabCommands[name]?.(simulation, page, tab)
  if (isRunning(page)) pageCommands[name]?.(simulation, page)
}
