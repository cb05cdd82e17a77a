import { describe, expect, it } from 'vitest'
import type { Store } from '../../src/index.ts'
import { memoryStore } from '../../src/index.ts'
import { storeContract } from '../../src/testing/store-contract.ts'

/** Changes a store that keeps the contract, so that it breaks one promise. */
const brokenStores: [fault: string, withFault: (store: Store) => Partial<Store>][] = [
  ['inserts over a record', (store) => ({ insert: (...args) => insertOver(store, ...args) })],
  [
    'replaces any version',
    (store) => ({
      async replace(key, record) {
        const current = await store.read(key)
        return current !== null && store.replace(key, record, current.version)
      },
    }),
  ],
  [
    'replaces by a read and a write',
    (store) => ({
      async replace(key, record, ifVersion) {
        const current = await store.read(key)
        if (current?.version !== ifVersion) return false
        return insertOver(store, key, record)
      },
    }),
  ],
  [
    'creates a removed record again',
    (store) => ({
      replace: async (key, record, ifVersion) =>
        (await store.replace(key, record, ifVersion)) ||
        ((await store.read(key)) === null && store.insert(key, record)),
    }),
  ],
  [
    'keeps the index names of the first insert',
    (store) => ({
      async replace(key, record, ifVersion) {
        const indexNames = (await store.read(key))?.indexNames ?? []
        return store.replace(key, { ...record, indexNames }, ifVersion)
      },
    }),
  ],
  ['lists newest records first', (store) => ({ listByIndexName: (name) => listReversed(store, name) })],
  ['removes no records by name', () => ({ removeByIndexName: async () => {} })],
  ['gives a lease to all', () => ({ lease: async () => 'granted' })],
  [
    'does not say that it takes a lease over',
    (store) => ({ lease: async (...args) => (await store.lease(...args)) && 'granted' }),
  ],
  ['lets all owners release a lease', (store) => ({ release: (key) => store.release(key, 'one') })],
  [
    'never removes an expired record',
    (store) => ({ insert: (key, record) => store.insert(key, { ...record, expiresAt: Infinity }) }),
  ],
]

describe('storeContract', () => {
  it.each(brokenStores)('finds a store that %s', async (_fault, withFault) => {
    const titles = await listFailedTitles(withFault)
    expect(titles).not.toEqual([])
  })

  it('accepts a store without fault', async () => {
    expect(await listFailedTitles(() => ({}))).toEqual([])
  })
})

async function listFailedTitles(withFault: (store: Store) => Partial<Store>): Promise<string[]> {
  const contract = storeContract(() => {
    let time = 1_000_000
    const now = (): number => time
    const store = memoryStore({ now })
    return {
      store: { ...store, ...withFault(store) },
      now,
      pass: async (milliseconds) => void (time += milliseconds),
    }
  })
  const titles: string[] = []
  for (const { title, run } of contract) await run().catch(() => titles.push(title))
  return titles
}

async function insertOver(store: Store, ...[key, record]: Parameters<Store['insert']>): Promise<boolean> {
  await store.remove(key)
  return store.insert(key, record)
}

async function listReversed(store: Store, name: string): ReturnType<Store['listByIndexName']> {
  return (await store.listByIndexName(name, 20_000)).toReversed()
}
