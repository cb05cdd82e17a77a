import type { Platform } from '../platform.ts'
import type { Store } from '../stores/store.ts'

/** Milliseconds after which a waiter looks again by itself: a killed process releases no lease. */
const maxWaitMs = 1000
const pollEveryMs = 50
/** A store that wakes waiters without a reason must not keep the process busy. */
const minWaitMs = 5

/**
 * Waits until a record may have another version or its lease may be free, for at most a second. If the store cannot tell,
 * the caller looks again after 50 milliseconds.
 */
export async function waitForChange(
  store: Store,
  platform: Platform,
  key: string,
  version: number,
): Promise<void> {
  const stopped = new AbortController()
  const { signal } = stopped
  const change = store.waitForChange?.(key, version, signal)
  const timeLimit = platform.sleep(change ? maxWaitMs : pollEveryMs, signal).catch(() => {})
  await Promise.race([timeLimit, ...(change ? [change] : [])])
  stopped.abort()
  if (change) await platform.sleep(minWaitMs)
}
