import type { DeadlinePlatform } from '../deadline.ts'
import { runWithDeadline } from '../deadline.ts'
import { BffError } from '../errors.ts'
import { describeError } from '../log.ts'
import type { Instrument } from '../instrument.ts'
import { runInstrumented } from '../instrument.ts'
import type { Store } from './store.ts'

/** Milliseconds within which a store must respond. */
const storeTimeoutMs = 5000

/**
 * Wraps a store so that each method either responds within five seconds or throws `temporarily_unavailable`. A call that
 * takes longer may still succeed.
 */
export function wrapStore(store: Store, platform: DeadlinePlatform, instrument?: Instrument): Store {
  return {
    isVolatile: store.isVolatile ?? false,
    read: (key) => call('read', () => store.read(key)),
    insert: (...args) => call('insert', () => store.insert(...args)),
    replace: (...args) => call('replace', () => store.replace(...args)),
    remove: (...args) => call('remove', () => store.remove(...args)),
    listByIndexName: (...args) => call('listByIndexName', () => store.listByIndexName(...args)),
    removeByIndexName: (...args) => call('removeByIndexName', () => store.removeByIndexName(...args)),
    lease: (...args) => call('lease', () => store.lease(...args)),
    release: (...args) => call('release', () => store.release(...args)),
    // Its caller limits it.
    ...(store.waitForChange && { waitForChange: (...args) => store.waitForChange!(...args) }),
    ...(store.listWarnings && { listWarnings: () => callStore(platform, () => store.listWarnings!()) }),
    close: () => store.close(),
  }

  function call<T>(method: keyof Store, work: () => Promise<T>): Promise<T> {
    if (!instrument) return callStore(platform, work)
    return runInstrumented(instrument, { name: 'store_call', method }, async (end) => {
      const result = await callStore(platform, work)
      end('ok')
      return result
    })
  }
}

function callStore<T>(platform: DeadlinePlatform, call: () => Promise<T>): Promise<T> {
  return runWithDeadline(platform, storeTimeoutMs, createTimeoutError, call).catch(throwStoreError)
}

function throwStoreError(error: unknown): never {
  throw new BffError('temporarily_unavailable', 'The session store is not available', {
    retryAfter: 5,
    hint: `Session store failed: ${describeError(error)}`,
  })
}

function createTimeoutError(): Error {
  return new BffError('temporarily_unavailable', `no response within ${storeTimeoutMs / 1000} s`)
}
