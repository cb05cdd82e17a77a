import { describe, expect, it } from 'vitest'
import type { TestedStore } from '../../src/testing/store-contract.ts'
import { storeContract } from '../../src/testing/store-contract.ts'

/**
 * Tests the promises of a store.
 *
 * @param createStore creates an empty store
 */
export function describeStore(name: string, createStore: () => TestedStore): void {
  describe(`${name} as a store`, { timeout: 120_000 }, () => {
    it.each(storeContract(createStore).map((test) => [test.title, test] as const))(
      '%s',
      async (_title, test) => {
        await expect(test.run()).resolves.toBeUndefined()
      },
    )
  })
}

/** Waits for real: the engine of a shared store has a clock of its own, which no test can move. */
export function waitForEngine(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
