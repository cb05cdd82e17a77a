import { maxMessageDelay } from './browser-model.ts'
import { maxConnectionMs } from './network-model.ts'

/** A sign-in that a page has started. */
export interface SignInAct {
  readonly page: number
  readonly startedAt: number
  readonly username: string
  settledAt: number
  /** Whether its page has signed out since. */
  isAborted: boolean
  /** The session of the response; empty while there is none. */
  sessionId: string
}

/** A sign-out that changed something. */
export interface SignOutAct {
  readonly page: number
  readonly at: number
  /** The session that must end: the one that the page shows, or else the one that the browser has; may be empty. */
  readonly sessionId: string
  /** Whether the page shows the session, so that it can name it to other pages; these ask the BFF otherwise. */
  readonly isNamed: boolean
}

/** What users did, in order, and what must follow from it. */
export interface UserActs {
  readonly signIns: SignInAct[]
  readonly signOuts: SignOutAct[]
  /** When the BFF ended sessions by itself, or a response to a sign-in was lost. */
  lastEndAt: number
  /** When a page sent the last sign-out without a session id. */
  lastUnnamedAt: number
  /** Whether a sign-out could not reach the BFF: its page was closed, and there was no storage. */
  isSignOutLost: boolean
  /** Whether a page ended during a sign-in, whose cookie may have arrived: no page tells the others. */
  isSignInLost: boolean
}

export function createUserActs(): UserActs {
  return {
    signIns: [],
    signOuts: [],
    lastEndAt: -Infinity,
    lastUnnamedAt: -Infinity,
    isSignOutLost: false,
    isSignInLost: false,
  }
}

/**
 * Returns the session that the browser must have in the end because of the last sign-in; empty when another act, the
 * BFF or chance decides.
 */
export function getExpectedSession({ signIns, signOuts, lastEndAt, lastUnnamedAt }: UserActs): string {
  const last = signIns.at(-1)
  if (!last?.sessionId || lastEndAt >= last.startedAt) return ''
  // Its response may remove the cookie of a session that begins while it is on its way.
  if (lastUnnamedAt >= last.startedAt - maxConnectionMs) return ''
  const isOverlapped = signIns.some((other) => other !== last && other.settledAt >= last.startedAt)
  const isOverruled = signOuts.some(({ at }) => at >= last.startedAt)
  return isOverlapped || isOverruled ? '' : last.sessionId
}

/**
 * Whether a page may forget a sign-out: one without a session id, where the storage does not work, when another page
 * reports a sign-in later (docs/decisions/0019).
 */
export function mayForget(
  { signIns }: UserActs,
  storage: string,
  { page, at, isNamed }: SignOutAct,
): boolean {
  return (
    storage !== 'works' &&
    !isNamed &&
    signIns.some((act) => act.page !== page && act.settledAt + maxMessageDelay >= at)
  )
}
