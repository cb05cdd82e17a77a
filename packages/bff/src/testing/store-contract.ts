/**
 * The tests that a store must pass, for any test runner.
 *
 * @module
 */
import type { DeadlinePlatform } from '../deadline.ts'
import { wrapStore } from '../stores/call-store.ts'
import type { Store } from '../stores/store.ts'
import { addExpiryTests } from './expiry-contract.ts'
import { addLeaseTests } from './lease-contract.ts'
import { addRecordTests } from './record-contract.ts'
import type { AddTest, StoreContractTest, TestedStore } from './tested-store.ts'

export type { StoreContractTest, TestedStore } from './tested-store.ts'

const platform: DeadlinePlatform = {
  monotonicNow: () => performance.now(),
  startTimer(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds)
    return () => clearTimeout(timer)
  },
}

/**
 * Lists the promises that a store must keep, as tests for any test runner. A store that fails one of them loses sessions
 * or uses refresh tokens twice. The tests call it as the BFF does: with a limit of five seconds for each call.
 *
 * @param createStore creates an empty store for each test, which the test closes
 * @example
 *   import { test } from 'node:test'
 *   for (const { title, run } of storeContract(createStore)) test(title, run)
 */
export function storeContract(createStore: () => TestedStore | Promise<TestedStore>): StoreContractTest[] {
  const tests: StoreContractTest[] = []
  const add: AddTest = (title, run) =>
    void tests.push({ title, run: async () => runAndClose(await createStore(), run) })
  addRecordTests(add)
  addExpiryTests(add)
  addLeaseTests(add)
  return tests
}

async function runAndClose(
  { openAgain, ...tested }: TestedStore,
  run: (tested: TestedStore) => Promise<void>,
): Promise<void> {
  const stores: Store[] = []
  const wrap = (store: Store): Store => {
    stores.push(store)
    return wrapStore(store, platform)
  }
  try {
    const store = wrap(tested.store)
    await run({ ...tested, store, ...(openAgain && { openAgain: () => wrap(openAgain()) }) })
  } finally {
    await Promise.all(stores.map((store) => store.close()))
  }
}
