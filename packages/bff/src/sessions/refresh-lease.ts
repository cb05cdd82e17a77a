import type { Logger } from '../log.ts'
import { describeError } from '../log.ts'
import type { Platform } from '../platform.ts'
import type { RefreshResult } from './refresh-result.ts'
import { assertSession, createFailedRefresh } from './refresh-result.ts'
import type { LoadedSession, Sessions } from './sessions.ts'

const leaseMs = 5000
const renewEveryMs = 2000
const pollEveryMs = 50

/**
 * Lets one of all processes that share the store refresh a session; the others wait for what it brings. A process that
 * dies holds them up for as long as its lease lasts.
 *
 * @param maxWaitMs milliseconds after which a waiting caller gives up
 * @returns a function that runs `refresh` under the lease, or answers with the newer token that another wrote
 */
export function createLeaseRunner(
  sessions: Sessions,
  platform: Platform,
  logger: Logger,
  maxWaitMs: number,
): (session: LoadedSession, refresh: () => Promise<RefreshResult>) => Promise<RefreshResult> {
  return async (session, refresh) => {
    const owner = Buffer.from(platform.randomBytes(16)).toString('base64url')
    const giveUpAt = platform.now() + maxWaitMs
    while (!(await sessions.lease(session, owner, leaseMs))) {
      const current = assertSession(await sessions.reload(session))
      if (current.data.sequence > session.data.sequence) return { session: current, failure: null }
      if (platform.now() > giveUpAt) {
        logger.warn('Another process did not finish refreshing a session')
        return createFailedRefresh(current, 'temporarily_unavailable', 1)
      }
      await platform.sleep(pollEveryMs)
    }
    const done = new AbortController()
    const held = keepLease(session, owner, done.signal)
    try {
      return await refresh()
    } finally {
      done.abort()
      await held
    }
  }

  /** Prolongs the lease until the signal, then gives it back. If either fails, it ends by itself. */
  async function keepLease(session: LoadedSession, owner: string, done: AbortSignal): Promise<void> {
    try {
      while (await sleepUnlessDone(done)) await sessions.lease(session, owner, leaseMs)
      await sessions.release(session, owner)
    } catch (error) {
      logger.warn(`The lease of a refresh could not be held: ${describeError(error)}`)
    }
  }

  async function sleepUnlessDone(done: AbortSignal): Promise<boolean> {
    return platform.sleep(renewEveryMs, done).then(
      () => true,
      () => false,
    )
  }
}
