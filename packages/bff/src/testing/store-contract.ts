import type { Store } from '../stores/store.ts'
import { addLeaseTests } from './lease-contract.ts'
import { addRecordTests } from './record-contract.ts'
import type { AddTest, StoreContractTest, TestedStore } from './tested-store.ts'

export type { StoreContractTest, TestedStore } from './tested-store.ts'

/**
 * Lists the promises that a store must keep, as tests for any test runner. A store that fails one of them loses sessions
 * or uses refresh tokens twice.
 *
 * @param createStore creates an empty store for each test
 * @example
 *   for (const { title, run } of storeContract(createStore)) it(title, run)
 */
export function storeContract(createStore: () => TestedStore | Promise<TestedStore>): StoreContractTest[] {
  const tests: StoreContractTest[] = []
  const add: AddTest = (title, run) =>
    void tests.push({ title, run: async () => runAndClose(await createStore(), run) })
  addRecordTests(add)
  addLeaseTests(add)
  return tests
}

async function runAndClose(
  { openAgain, ...tested }: TestedStore,
  run: (tested: TestedStore) => Promise<void>,
): Promise<void> {
  const stores = [tested.store]
  const openAndKeep = (): Store => {
    const store = openAgain?.() ?? tested.store
    stores.push(store)
    return store
  }
  try {
    await run({ ...tested, ...(openAgain && { openAgain: openAndKeep }) })
  } finally {
    await Promise.all(stores.map((store) => store.close()))
  }
}
