import type { Logger } from '../log.ts'
import type { Platform } from '../platform.ts'
import type { SessionData } from './session-data.ts'

/**
 * The present time, in milliseconds since 1970. It lies between two moments after the clock of this machine was set,
 * until a second look, a minute later, confirms the new time.
 */
export interface Present {
  earliest: number
  /** Also the moment to save for what happens now. */
  latest: number
  /** Whether this process knows the time for a minute already: what a wrong clock would lose waits until then. */
  isConfirmed: boolean
}

/** Tells the present time. */
export interface SessionClock {
  read(): Present
}

/** Milliseconds by which a clock may change at a time without having been set. */
const toleranceMs = 2000
/** Milliseconds by which the clocks of several machines may differ. */
export const maxClockDifferenceMs = 60_000
/** Milliseconds until a second look at the clock counts. */
const confirmationMs = 60_000
/** Seconds after which a request can succeed that the clock of this machine made impossible. */
export const confirmationSeconds: number = confirmationMs / 1000
const maxMarginMs = 60_000
const maxRefreshGapMs = 10_000
const minRefreshGapMs = 1000
/** Milliseconds after the refresh of a rejected token in which a new token is not refreshed early. */
const rejectionGapMs = 60_000
/** Milliseconds of the longest wait between two refreshes, whatever `Retry-After` says. */
export const maxBackOffMs = 300_000

/** Creates the clock of the sessions: it compares the time of day with a clock that is never set. */
export function createSessionClock(platform: Platform, logger: Logger): SessionClock {
  // Read at the first request: some runtimes have no clock before.
  let startedAt: number | null = null
  let offset = 0
  let changed: { offset: number; since: number } | null = null

  return {
    read() {
      const monotonicNow = platform.monotonicNow()
      const now = platform.now()
      if (startedAt === null) {
        startedAt = monotonicNow
        offset = now - monotonicNow
      }
      updateOffset(now - monotonicNow, monotonicNow)
      const expected = monotonicNow + offset
      return {
        earliest: Math.min(now, expected),
        latest: Math.max(now, expected),
        isConfirmed: changed === null && monotonicNow - startedAt >= confirmationMs,
      }
    },
  }

  function updateOffset(current: number, monotonicNow: number): void {
    const isSameChange = changed !== null && Math.abs(current - changed.offset) <= toleranceMs
    const isConfirmed = isSameChange && monotonicNow - (changed?.since ?? 0) >= confirmationMs
    if (isConfirmed || Math.abs(current - offset) <= toleranceMs) {
      offset = current
      changed = null
    } else if (!isSameChange) {
      changed = { offset: current, since: monotonicNow }
      const seconds = Math.round((current - offset) / 1000)
      logger.warn(
        `Clock of this machine changed by ${seconds} s, or the machine was suspended. ` +
          'No session ends by the new time until it is confirmed in a minute.',
      )
    }
  }
}

/** Whether a moment has passed for certain. */
export function isOver(moment: number, { earliest }: Present): boolean {
  return earliest >= moment
}

/** Whether a moment has passed, or may have passed. */
export function canBeOver(moment: number, { latest }: Present): boolean {
  return latest >= moment
}

/** Returns the seconds until a moment, rounded down, at least 0. */
export function getSecondsUntil(moment: number, { latest }: Present): number {
  return Math.max(0, Math.floor((moment - latest) / 1000))
}

type TokenMoments = Pick<SessionData, 'tokenRequestedAt' | 'lifetime'>

/** Returns the milliseconds since a moment; `null` when it lies in the future, because a clock was set back since. */
export function getAge(moment: number, { latest }: Present): number | null {
  return moment - latest > maxClockDifferenceMs ? null : latest - moment
}

/**
 * Whether to refresh the token: a minute before it expires, or a third of its lifetime if that is less. Also when its age
 * is unknown.
 *
 * @param aheadMs milliseconds to look ahead
 */
export function isRefreshDue(
  { tokenRequestedAt, lifetime }: TokenMoments,
  present: Present,
  aheadMs = 0,
): boolean {
  if (lifetime === null) return false
  const age = getAge(tokenRequestedAt, present)
  const lifetimeMs = lifetime * 1000
  return age === null || age + aheadMs >= lifetimeMs - Math.min(maxMarginMs, lifetimeMs / 3)
}

/** Whether the token has expired, or may have. */
export function isTokenExpired({ tokenRequestedAt, lifetime }: TokenMoments, present: Present): boolean {
  return lifetime !== null && canBeOver(tokenRequestedAt + lifetime * 1000, present)
}

/** Whether the token has expired for certain. */
export function isTokenOver({ tokenRequestedAt, lifetime }: TokenMoments, present: Present): boolean {
  return lifetime !== null && isOver(tokenRequestedAt + lifetime * 1000, present)
}

/** Whether the token was issued within the last seconds: 10, or half of its lifetime if that is less. */
export function wasIssuedRecently({ tokenRequestedAt, lifetime }: TokenMoments, present: Present): boolean {
  const gapMs =
    lifetime === null ? maxRefreshGapMs : Math.min(maxRefreshGapMs, Math.max(minRefreshGapMs, lifetime * 500))
  const age = getAge(tokenRequestedAt, present)
  return age !== null && age < gapMs
}

/**
 * Whether a refresh may run now. A token that was issued within the last seconds is refreshed only if a resource server
 * rejected it, which may have new keys, and if that was not tried within the last minute: a resource server that rejects
 * every token must not cause a grant for each request.
 */
export function canRefreshNow(data: SessionData, present: Present, rejected: boolean): boolean {
  const isDue = isRefreshDue(data, present)
  if (!wasIssuedRecently(data, present)) return rejected || isDue
  const { rejectionRefreshedAt: triedAt } = data
  const triedAgo = triedAt === undefined ? null : getAge(triedAt, present)
  return rejected && !isDue && (triedAgo === null || triedAgo >= rejectionGapMs)
}

/** Returns the seconds until the token expires, rounded down, at least 0; `null` when unknown. */
export function getTokenSecondsLeft(
  { tokenRequestedAt, lifetime }: TokenMoments,
  present: Present,
): number | null {
  if (lifetime === null) return null
  // A token from the future does not live longer than it would from now on.
  return Math.min(Math.floor(lifetime), getSecondsUntil(tokenRequestedAt + lifetime * 1000, present))
}

/** Returns the milliseconds until a refresh may be tried again; 0 when that is now. */
export function getBackOffLeft({ backOff }: SessionData, { latest }: Present): number {
  const left = backOff ? backOff.until - latest : 0
  // No wait is that long: a clock was set back since.
  return left > maxBackOffMs + maxClockDifferenceMs ? 0 : Math.max(0, left)
}
