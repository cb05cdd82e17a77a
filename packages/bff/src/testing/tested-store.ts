import { ok } from 'node:assert/strict'
import type { Store, StoredRecord } from '../stores/store.ts'

/** An empty store, and what a test does to it. */
export interface TestedStore {
  store: Store
  /** Returns the time of the store's clock, in milliseconds since 1970. */
  now: () => number
  /** Lets time pass on the store's clock: moves a fake clock, or waits. */
  pass: (milliseconds: number) => Promise<void>
  /** Opens the same records again, as another process does; absent for a store of one process. */
  openAgain?: () => Store
  /** Makes the engine unresponsive to writes, and returns a function that ends that; absent where it cannot be. */
  stall?: () => Promise<() => Promise<void>>
  /**
   * Ends the engine, and returns a function that starts it again, with or without its records; absent where it cannot be.
   */
  stop?: () => Promise<() => Promise<void>>
}

/** One promise of the contract. */
export interface StoreContractTest {
  title: string
  /** Throws when the store breaks the promise. */
  run: () => Promise<void>
}

/** Adds a test to a contract. */
export type AddTest = (title: string, run: (tested: TestedStore) => Promise<void>) => void

/** Milliseconds within which every call must end. */
const maxCallMs = 6000

export function createRecord(changes: Partial<StoredRecord> = {}): StoredRecord {
  return { sealed: Uint8Array.of(1, 2, 3), indexNames: ['cathy'], version: 1, expiresAt: 9e12, ...changes }
}

/** Returns the result of a call, or `rejected`, or `hangs` when it does not end. */
export async function receiveOutcome<T>(call: Promise<T>): Promise<T | 'rejected' | 'hangs'> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const limit = new Promise<'hangs'>((resolve) => {
    timer = setTimeout(() => resolve('hangs'), maxCallMs)
  })
  const outcome = call.catch(() => 'rejected' as const)
  return Promise.race([outcome, limit]).finally(() => clearTimeout(timer))
}

export async function assertEnds(call: Promise<unknown>): Promise<void> {
  ok(!['rejected', 'hangs'].includes(String(await receiveOutcome(call))), 'the wait does not end')
}
