import type { ServerKind } from '../simulation/authorization-server.ts'
import type { Random } from '../simulation/random.ts'
import type { BrowserSession } from './browser-session.ts'
import type { Exchange } from './authorization-server.ts'
import type { SharedEngine, StoreKind } from './shared-engine.ts'
import type { Place, Stage } from './stage.ts'

/** What may come of a session. */
export interface Expectation {
  /** `either`: it lives, or it ends with `refresh_lost`. */
  readonly session: 'lives' | 'lost' | 'either'
  /** The least and the most refreshes that issue tokens. */
  readonly grants: readonly [number, number]
  /** The most refresh tokens that are sent after they were used. */
  readonly maxSentTwice: number
  /** Whether a caller may hear `refresh_lost` although the session lives. */
  readonly mayHearLost?: true
}

/** One act: what happens to the processes while three sessions are refreshed, one at a server of each kind. */
export interface Act {
  readonly name: string
  readonly title: string
  readonly expected: Readonly<Record<ServerKind, Expectation>>
  /** Whether the store is in a small file system of its own. */
  readonly needsSmallDisk?: true
  /** The stores that it can be performed over; all when absent. */
  readonly needsStore?: readonly StoreKind[]
  /** Whether it is about several processes. */
  readonly needsSeveral?: true
  /** Whether all callers go to the holder, which nginx does only when there is no other process. */
  readonly needsHolderAlone?: true
  /** Whether it needs the WSGI server. */
  readonly needsWsgi?: true
  /** Lines of level `error` that are right. */
  readonly allowedErrors?: RegExp
  /** Whether processes stand still for longer than a request may take. */
  readonly standsStill?: true
  readonly perform: (scene: Scene) => Promise<void>
}

/** What an act works with. */
export interface Scene {
  readonly random: Random
  readonly stage: Stage
  /** The engine of the store; `null` with the embedded store. */
  readonly engine: SharedEngine | null
  readonly sessions: readonly BrowserSession[]
  /** The process that refreshes first. */
  readonly holder: Place
  /** The other processes. */
  readonly others: readonly Place[]
  /** Makes the holder refresh all sessions, and resolves when the requests have arrived at the servers. */
  readonly holdRefreshes: () => Promise<Exchange[]>
  /** The same, each as soon as it has arrived. */
  readonly holdEachRefresh: () => Promise<Exchange>[]
  /** Starts callers of each session at each process. The scene waits for them when the act is over. */
  readonly startCallers: (places?: readonly Place[]) => void
  /** Signs another user in at each server through a process. The scene does not check these sessions. */
  readonly signInAgain: (place: Place) => Promise<BrowserSession[]>
  /** Waits until all callers have an answer. */
  readonly waitForCallers: () => Promise<void>
  /** Waits. */
  readonly wait: (milliseconds: number) => Promise<void>
  /** Returns a number of milliseconds between two, by the seed. */
  readonly pickMs: (from: number, to: number) => number
  /** Reports what must not be. */
  readonly report: (violation: string) => void
  /** Fills the disk of the store, until the returned function is called. */
  readonly fillDisk: () => () => void
}

const lives: Expectation = { session: 'lives', grants: [1, 1], maxSentTwice: 0 }
const lost: Expectation = { session: 'lost', grants: [1, 1], maxSentTwice: 1 }
const livesByGrace: Expectation = { session: 'lives', grants: [2, 2], maxSentTwice: 1 }

/** The session lives with one grant, at all servers. */
export const allLive: Act['expected'] = { strict: lives, 'one-use': lives, grace: lives }

/** What may come of a session whose response comes too late. */
export const mayBeLost: Expectation = { session: 'either', grants: [1, 2], maxSentTwice: 1 }

/** A response was lost after the server had used the refresh token. */
export const lostAfterUse: Act['expected'] = { strict: lost, 'one-use': lost, grace: livesByGrace }
