import type { AuthClient, AuthClientOptions } from '../../src/index.ts'
import { createAuthClient } from '../../src/index.ts'
import type { BffModel } from './bff-model.ts'
import { createBffModel } from './bff-model.ts'
import type { BrowserFeatures, BrowserModel, ModelPage } from './browser-model.ts'
import { createBrowserModel, maxMessageDelay } from './browser-model.ts'
import type { NetworkModel, SentRequest } from './network-model.ts'
import { createNetworkModel } from './network-model.ts'
import { watchPage, watchRequest } from './rules.ts'
import type { Timeline } from './timeline.ts'
import { createTimeline } from './timeline.ts'
import type { UserActs } from './user-acts.ts'
import { createUserActs } from './user-acts.ts'

export interface User {
  readonly username: string
}

/** What does not change during a history. */
export interface Circumstances extends BrowserFeatures {
  readonly mode: 'token' | 'proxy'
  readonly lifetimeSeconds: number
  readonly signedInAs: string | null
  readonly holds: boolean
  /** How long the application's judgement of a response and its schema take, in milliseconds. */
  readonly rejectsTokenMs: number
  readonly schemaMs: number
  readonly isMonotonicInSleep: boolean
  readonly subscribesAtStart: boolean
  readonly seed: number
}

/** A page with its client. */
export interface ClientPage {
  readonly number: number
  readonly page: ModelPage
  readonly client: AuthClient<User>
  unsubscribe: (() => void) | null
  subscribedAt: number
  /** Since when the page has no subscriber and hears no messages. */
  channelClosedAt: number
  /** Whether another page may have sent a message while the page had no subscriber for less than a second. */
  hasMissedMessage: boolean
  /** Whether a call has made the page hear messages for a while since it lost its subscriber. */
  hasHeardForCall: boolean
  isDisposed: boolean
  /** Calls that have not settled. */
  readonly pendingCalls: Map<number, string>
  /** The highest token that the page has sent and shown, by session. */
  readonly sequences: Map<string, number>
  /** The session at the latest look. */
  shownSession: string
}

/** A browser with pages, its network and its BFF. */
export interface Simulation {
  readonly circumstances: Circumstances
  readonly timeline: Timeline
  readonly bff: BffModel
  readonly network: NetworkModel
  readonly browser: BrowserModel
  readonly acts: UserActs
  /** The pages of the tabs, and those that were there before. */
  readonly tabs: ClientPage[]
  readonly allPages: ClientPage[]
  readonly openPage: () => ClientPage
  /** The subject of the user for whom each call of the API was made; `null` when none was shown. */
  readonly callSubjects: (string | null)[]
  readonly callSessions: Map<number, string>
  /** When commands were executed. */
  readonly commandTimes: number[]
  /** Broken rules. */
  readonly violations: string[]
  readonly log: string[]
}

export const tabCount = 3
/** How long a page may hear no messages without asking what it has missed, in milliseconds. */
const maxUnnoticedMs = 1_000
export const rejectedUser = 'eve'

/** Returns a function with random numbers in [0, 1) that follow from the seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function createSimulation(circumstances: Circumstances): Simulation {
  const random = createRandom(circumstances.seed)
  const allPages: ClientPage[] = []
  const timeline = createTimeline(circumstances.isMonotonicInSleep, () => {
    for (const page of allPages) watchPage(simulation, page)
  })
  const bff = createBffModel(timeline.realNow, circumstances.mode, circumstances.lifetimeSeconds)
  const network = createNetworkModel(timeline, bff, random)
  const browser = createBrowserModel(timeline, network, circumstances, random)
  if (circumstances.signedInAs !== null) browser.cookie = bff.startSession(circumstances.signedInAs)

  const wait = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => void timeline.schedule(milliseconds, resolve))
  const options: AuthClientOptions<User> = {
    onExpired: circumstances.holds ? 'hold' : 'reject',
    user: {
      '~standard': {
        version: 1,
        vendor: 'model',
        validate: async (value) => {
          if (circumstances.schemaMs) await wait(circumstances.schemaMs)
          const user = value as User
          return user.username === rejectedUser ? { issues: [{ message: 'not admitted' }] } : { value: user }
        },
      },
    },
    rejectsToken: async ({ status }) => {
      if (circumstances.rejectsTokenMs) await wait(circumstances.rejectsTokenMs)
      return status === 401
    },
  }

  const openPage = (): ClientPage => {
    const onRequest = (request: SentRequest): void => watchRequest(simulation, clientPage, request)
    const page = browser.openPage(onRequest)
    const clientPage: ClientPage = {
      number: allPages.length,
      page,
      client: createAuthClient<User>({ ...options, platform: page.platform }),
      unsubscribe: null,
      subscribedAt: Infinity,
      channelClosedAt: timeline.now(),
      hasMissedMessage: false,
      hasHeardForCall: false,
      isDisposed: false,
      pendingCalls: new Map(),
      sequences: new Map(),
      shownSession: '',
    }
    allPages.push(clientPage)
    if (circumstances.subscribesAtStart) subscribe(simulation, clientPage)
    return clientPage
  }

  const simulation: Simulation = {
    circumstances,
    timeline,
    bff,
    network,
    browser,
    acts: createUserActs(),
    tabs: [],
    allPages,
    openPage,
    callSubjects: [],
    callSessions: new Map(),
    commandTimes: [],
    violations: [],
    log: [],
  }
  for (let count = 0; count < tabCount; count += 1) simulation.tabs.push(openPage())
  return simulation
}

/** Subscribes a page, as a provider does that mounts. */
export function subscribe(simulation: Simulation, page: ClientPage): void {
  if (page.unsubscribe) return
  const { acts, timeline } = simulation
  const now = timeline.now()
  page.subscribedAt = now
  // A client does not ask for what it has missed within a second.
  const closedAt = page.channelClosedAt - 2 * maxMessageDelay
  const missedSince = page.hasHeardForCall ? closedAt : Math.max(closedAt, now - maxUnnoticedMs)
  page.hasHeardForCall = false
  const actTimes = [...acts.signIns.map(({ settledAt }) => settledAt), ...acts.signOuts.map(({ at }) => at)]
  page.hasMissedMessage ||= actTimes.some((at) => at >= missedSince && at <= now)
  const look = (): void => watchPage(simulation, page)
  const stops = [page.client.subscribe(look), page.client.accessToken.subscribe(look)]
  page.unsubscribe = () => {
    for (const stop of stops) stop()
    page.unsubscribe = null
    page.channelClosedAt = timeline.now()
  }
}

/** Notes a call of the client until it settles. */
export function track(page: ClientPage, label: string, call: Promise<unknown>): void {
  const id = page.pendingCalls.size + Math.max(0, ...page.pendingCalls.keys()) + 1
  page.pendingCalls.set(id, label)
  page.hasHeardForCall ||= page.unsubscribe === null
  const settle = (): void => void page.pendingCalls.delete(id)
  call.then(settle, settle)
}

export const isRunning = ({ page }: ClientPage): boolean =>
  page.condition === 'visible' || page.condition === 'hidden'
