import type { Logger } from '../log.ts'
import { told } from '../log.ts'
import type { Platform } from '../platform.ts'
import type { Refreshed } from './refresh-result.ts'
import { alive, unrefreshed } from './refresh-result.ts'
import type { Session, Sessions } from './sessions.ts'

const lasts = 5000
const prolongedAfter = 2000
const askedEvery = 50

/**
 * Lets one of all processes that share the store refresh a session; the others wait for what it brings. A process that
 * dies holds them up for as long as its lease lasts.
 *
 * @param longestWait milliseconds after which a waiting caller gives up
 * @returns a function that runs `refresh` under the lease, or answers with the newer token that another wrote
 */
export function createLease(
  sessions: Sessions,
  platform: Platform,
  logger: Logger,
  longestWait: number,
): (session: Session, refresh: () => Promise<Refreshed>) => Promise<Refreshed> {
  return async (session, refresh) => {
    const owner = Buffer.from(platform.randomBytes(16)).toString('base64url')
    const giveUpAt = platform.now() + longestWait
    while (!(await sessions.lease(session, owner, lasts))) {
      const current = alive(await sessions.again(session))
      if (current.data.sequence > session.data.sequence) return { session: current, failure: null }
      if (platform.now() > giveUpAt) {
        logger.warn('Another process did not finish refreshing a session')
        return unrefreshed(current, 'temporarily_unavailable', 1)
      }
      await platform.sleep(askedEvery)
    }
    const done = new AbortController()
    const held = hold(session, owner, done.signal)
    try {
      return await refresh()
    } finally {
      done.abort()
      await held
    }
  }

  /** Prolongs the lease until the signal, then gives it back. If either fails, it ends by itself. */
  async function hold(session: Session, owner: string, done: AbortSignal): Promise<void> {
    try {
      while (await slept(done)) await sessions.lease(session, owner, lasts)
      await sessions.release(session, owner)
    } catch (error) {
      logger.warn(`The lease of a refresh could not be held: ${told(error)}`)
    }
  }

  async function slept(done: AbortSignal): Promise<boolean> {
    return platform.sleep(prolongedAfter, done).then(
      () => true,
      () => false,
    )
  }
}
