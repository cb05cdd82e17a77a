import type { Logger } from '../log.ts'
import { describeError } from '../log.ts'
import type { Platform } from '../platform.ts'
import type { RefreshResult } from './refresh-result.ts'
import { assertSession, createFailedRefresh } from './refresh-result.ts'
import type { LoadedSession, Sessions } from './sessions.ts'

const leaseMs = 5000
const renewEveryMs = 2000

/**
 * Lets one of the processes that share a store refresh a session while the others wait for its result. A process that
 * dies delays the others until its lease expires.
 *
 * @param maxWaitMs milliseconds after which a waiting caller gets `temporarily_unavailable`
 * @returns a function that runs `refresh` with the lease, or returns the session with the token that another process got
 */
export function createLeaseRunner(
  sessions: Sessions,
  platform: Platform,
  logger: Logger,
  maxWaitMs: number,
): (session: LoadedSession, refresh: () => Promise<RefreshResult>) => Promise<RefreshResult> {
  return async (session, refresh) => {
    const owner = Buffer.from(platform.randomBytes(16)).toString('base64url')
    const waitingSince = platform.now()
    while (!(await sessions.lease(session, owner, leaseMs))) {
      const current = await reload(session)
      if (current.data.sequence > session.data.sequence) return { session: current, failure: null }
      const waitedMs = platform.now() - waitingSince
      if (waitedMs > maxWaitMs) {
        logger.warn(
          `Session refresh timed out after ${Math.round(waitedMs / 1000)} s of waiting for another process. ` +
            'Kept the session; the next request tries again.',
        )
        return createFailedRefresh(current, 'temporarily_unavailable', 1)
      }
      await sessions.waitForChange(current)
      // Reading costs less than a lease, which most of those who waited do not need any more.
      const changed = await reload(session)
      if (changed.data.sequence > session.data.sequence) return { session: changed, failure: null }
    }
    const done = new AbortController()
    const leaseReleased = keepLease(session, owner, done.signal)
    try {
      return await refresh()
    } finally {
      done.abort()
      await leaseReleased
    }
  }

  async function reload(session: LoadedSession): Promise<LoadedSession> {
    return assertSession(await sessions.reload(session))
  }

  /** Renews the lease until the signal aborts, then releases it. If either fails, the lease expires by itself. */
  async function keepLease(session: LoadedSession, owner: string, done: AbortSignal): Promise<void> {
    try {
      while (await sleepUnlessDone(done)) await sessions.lease(session, owner, leaseMs)
      await sessions.release(session, owner)
    } catch (error) {
      logger.warn(`Refresh lease not renewed, it expires by itself: ${describeError(error)}`)
    }
  }

  async function sleepUnlessDone(done: AbortSignal): Promise<boolean> {
    return platform.sleep(renewEveryMs, done).then(
      () => true,
      () => false,
    )
  }
}
