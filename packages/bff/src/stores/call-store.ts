import type { DeadlinePlatform } from '../deadline.ts'
import { runWithDeadline } from '../deadline.ts'
import { BffError } from '../errors.ts'
import { describeError } from '../log.ts'
import type { Store } from './store.ts'

/** Milliseconds within which a store must respond. */
const storeTimeoutMs = 5000

/**
 * Wraps a store so that each method either responds within five seconds or throws `temporarily_unavailable`. A call that
 * takes longer may still succeed.
 */
export function wrapStore(store: Store, platform: DeadlinePlatform): Store {
  return {
    isVolatile: store.isVolatile ?? false,
    read: (...args) => callStore(platform, () => store.read(...args)),
    insert: (...args) => callStore(platform, () => store.insert(...args)),
    replace: (...args) => callStore(platform, () => store.replace(...args)),
    remove: (...args) => callStore(platform, () => store.remove(...args)),
    listByIndexName: (...args) => callStore(platform, () => store.listByIndexName(...args)),
    removeByIndexName: (...args) => callStore(platform, () => store.removeByIndexName(...args)),
    lease: (...args) => callStore(platform, () => store.lease(...args)),
    release: (...args) => callStore(platform, () => store.release(...args)),
    // Its caller limits it.
    ...(store.waitForChange && { waitForChange: (...args) => store.waitForChange!(...args) }),
    ...(store.listWarnings && { listWarnings: () => callStore(platform, () => store.listWarnings!()) }),
    close: () => store.close(),
  }
}

async function callStore<T>(platform: DeadlinePlatform, call: () => Promise<T>): Promise<T> {
  try {
    return await runWithDeadline(platform, storeTimeoutMs, createTimeoutError, call)
  } catch (error) {
    throw new BffError('temporarily_unavailable', 'The session store is not available', {
      retryAfter: 5,
      hint: `Session store failed: ${describeError(error)}`,
    })
  }
}

function createTimeoutError(): Error {
  return new BffError('temporarily_unavailable', `no response within ${storeTimeoutMs / 1000} s`)
}
