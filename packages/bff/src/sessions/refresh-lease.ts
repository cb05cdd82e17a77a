import type { Logger } from '../log.ts'
import { describeError } from '../log.ts'
import type { Platform } from '../platform.ts'
import type { RefreshResult } from './refresh-result.ts'
import { assertSession, createFailedRefresh } from './refresh-result.ts'
import type { SessionData } from './session-data.ts'
import type { LeaseResult } from '../stores/store.ts'
import type { LoadedSession, Sessions } from './sessions.ts'

const leaseMs = 5000
const renewEveryMs = 1000
/** Milliseconds in which an owner that lives renews its lease, or says that it still works. */
const takeoverPauseMs = 1500
/** Milliseconds that one wait counts at most: a longer one means that this process stood still. */
const maxCountedMs = 1000

/**
 * Lets one of the processes that share a store refresh a session while the others wait for its result. A process that
 * dies delays the others until its lease expires and a pause has passed in which it says nothing: it may only have stood
 * still, with the response of the authorization server unread.
 *
 * @param maxWaitMs milliseconds after which a waiting caller gets `temporarily_unavailable`
 * @returns a function that runs `refresh` with the lease, or returns the session with the token that another process got;
 *   `refresh` calls `onIssued` when it has tokens that are not saved yet
 */
export function createLeaseRunner(
  sessions: Sessions,
  platform: Platform,
  logger: Logger,
  maxWaitMs: number,
): (
  session: LoadedSession,
  refresh: (onIssued: () => void) => Promise<RefreshResult>,
) => Promise<RefreshResult> {
  return async (session, refresh) => {
    const owner = Buffer.from(platform.randomBytes(16)).toString('base64url')
    let waitedMs = 0
    for (;;) {
      const startedAt = platform.monotonicNow()
      const lease = await takeLease(session, owner)
      if (lease !== false) return runWithLease(session, owner, refresh, lease === 'taken_over')
      const current = await reload(session)
      if (current.data.sequence > session.data.sequence) return { session: current, failure: null }
      if (waitedMs > maxWaitMs) return giveUp(current)
      await sessions.waitForChange(current)
      // Reading costs less than a lease, which most of those who waited do not need any more.
      const changed = await reload(session)
      if (changed.data.sequence > session.data.sequence) return { session: changed, failure: null }
      waitedMs += Math.min(platform.monotonicNow() - startedAt, maxCountedMs)
    }
  }

  async function reload(session: LoadedSession): Promise<LoadedSession> {
    return assertSession(await sessions.reload(session))
  }

  async function runWithLease(
    session: LoadedSession,
    owner: string,
    refresh: (onIssued: () => void) => Promise<RefreshResult>,
    wasTakenOver: boolean,
  ): Promise<RefreshResult> {
    let isRecordCurrent = !wasTakenOver
    const stopKeeping = keepLease(session, owner, () => isRecordCurrent)
    try {
      if (wasTakenOver) {
        const result = (await waitForPreviousOwner(session)) ?? (await markResponseLost(session))
        isRecordCurrent = result.failure === null
        if (result.failure || result.session.data.sequence > session.data.sequence) return result
      }
      const result = await refresh(() => (isRecordCurrent = false))
      isRecordCurrent = true
      return result
    } finally {
      stopKeeping()
    }
  }

  /** Saves that the process that died may have used the refresh token. If it lives, the heartbeat tells it. */
  async function markResponseLost(session: LoadedSession): Promise<RefreshResult> {
    const written = await sessions.update(session, (data) =>
      data.sequence > session.data.sequence ? null : { ...addHeartbeat(data), isResponseLost: true },
    )
    return { session: assertSession(written), failure: null }
  }

  /**
   * Waits until the previous owner of the lease says nothing for a while. Returns the session when that owner has saved a
   * newer token, `null` when it is silent.
   */
  async function waitForPreviousOwner(session: LoadedSession): Promise<RefreshResult | null> {
    logger.warn('Refresh lease taken over: the process that had it died or stood still.')
    let { heartbeat } = session.data
    for (let waitedMs = 0; waitedMs <= maxWaitMs;) {
      await pause()
      waitedMs += takeoverPauseMs
      const current = await reload(session)
      if (current.data.sequence > session.data.sequence) return { session: current, failure: null }
      if (current.data.heartbeat === heartbeat) return null
      heartbeat = current.data.heartbeat
    }
    return giveUp(await reload(session))
  }

  function giveUp(session: LoadedSession): RefreshResult {
    logger.warn(
      `Session refresh timed out after ${Math.round(maxWaitMs / 1000)} s of waiting for another process. ` +
        'Kept the session; the next request tries again.',
    )
    return createFailedRefresh(session, 'temporarily_unavailable', 1)
  }

  /** Waits again when this process stood still meanwhile: the other process may have done so as well. */
  async function pause(): Promise<void> {
    let lateMs = Infinity
    while (lateMs > maxCountedMs) {
      const endsAt = platform.monotonicNow() + takeoverPauseMs
      await platform.sleep(takeoverPauseMs)
      lateMs = platform.monotonicNow() - endsAt
    }
  }

  async function takeLease(session: LoadedSession, owner: string): Promise<LeaseResult> {
    try {
      return await sessions.lease(session, owner, leaseMs)
    } catch (error) {
      // The store may have granted the lease.
      sessions.release(session, owner).catch(() => {})
      throw error
    }
  }

  /**
   * Renews the lease until the function is called that it returns, then releases it. If another process has taken it over, tells that process
   * that this one still works. It does not release the lease while the record hides that the refresh token may be used
   * up: the lease expires, and the next owner takes it over.
   */
  function keepLease(session: LoadedSession, owner: string, mayRelease: () => boolean): () => void {
    let isDone = false
    let endPause = (): void => {}
    let hasWarned = false
    const warn = (error: unknown): void => {
      if (!hasWarned) logger.warn(`Refresh lease not renewed, it expires by itself: ${describeError(error)}`)
      hasWarned = true
    }
    void renewUntilDone()
    return () => {
      isDone = true
      endPause()
    }

    async function renewUntilDone(): Promise<void> {
      while (await pauseUnlessDone())
        try {
          if ((await sessions.lease(session, owner, leaseMs)) === false) await saveHeartbeat(session)
        } catch (error) {
          warn(error)
        }
      if (mayRelease()) await sessions.release(session, owner).catch(warn)
    }

    async function pauseUnlessDone(): Promise<boolean> {
      if (isDone) return false
      // No signal: most refreshes end before, and an abort costs more than all the rest of the lease.
      await new Promise<void>((resolve) => {
        const stopTimer = platform.startTimer(renewEveryMs, resolve)
        endPause = () => {
          stopTimer()
          resolve()
        }
      })
      return !isDone
    }
  }

  async function saveHeartbeat(session: LoadedSession): Promise<void> {
    await sessions.update(session, (data) =>
      data.sequence > session.data.sequence ? null : addHeartbeat(data),
    )
  }
}

function addHeartbeat(data: SessionData): SessionData {
  return { ...data, heartbeat: (data.heartbeat ?? 0) + 1 }
}
