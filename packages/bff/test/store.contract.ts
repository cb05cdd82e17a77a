import { describe, expect, it } from 'vitest'
import type { Store, StoredRecord } from '../src/index.ts'

const createRecord = (changes: Partial<StoredRecord> = {}): StoredRecord => ({
  sealed: Uint8Array.of(1, 2, 3),
  subject: 'cathy',
  version: 1,
  expiresAt: 10_000,
  ...changes,
})

/**
 * Tests the promises of a store.
 *
 * @param createStore creates an empty store whose clock is `now`
 */
export function describeStore(name: string, createStore: (now: () => number) => Store): void {
  describe(`${name} as a store`, { timeout: 20_000 }, () => {
    function createEmptyStore(): { store: Store; clock: { now: number } } {
      const clock = { now: 0 }
      return { store: createStore(() => clock.now), clock }
    }

    it('reads an inserted record byte for byte, and null under another key', async () => {
      const { store } = createEmptyStore()
      expect(await store.insert('a', createRecord())).toBe(true)
      const read = await store.read('a')
      expect(read && { ...read, sealed: [...read.sealed] }).toEqual({ ...createRecord(), sealed: [1, 2, 3] })
      expect(await store.read('b')).toBeNull()
    })

    it('does not insert over a record', async () => {
      const { store } = createEmptyStore()
      await store.insert('a', createRecord())
      expect(await store.insert('a', createRecord({ version: 7 }))).toBe(false)
      expect(await store.read('a')).toMatchObject({ version: 1 })
    })

    it('replaces only the version that the writer read', async () => {
      const { store } = createEmptyStore()
      await store.insert('a', createRecord())
      expect(await store.replace('a', createRecord({ version: 2 }), 1)).toBe(true)
      expect(await store.replace('a', createRecord({ version: 3 }), 1)).toBe(false)
      expect(await store.read('a')).toMatchObject({ version: 2 })
    })

    it('lets one of many concurrent writers of a version win', async () => {
      const { store } = createEmptyStore()
      await store.insert('a', createRecord())
      const writes = Array.from({ length: 20 }, () => store.replace('a', createRecord({ version: 2 }), 1))
      expect((await Promise.all(writes)).filter(Boolean)).toHaveLength(1)
    })

    it('never re-creates a removed record', async () => {
      const { store } = createEmptyStore()
      await store.insert('a', createRecord())
      await store.remove('a')
      await store.remove('a')
      expect(await store.replace('a', createRecord({ version: 2 }), 1)).toBe(false)
      expect(await store.read('a')).toBeNull()
    })

    it('removes all records of one subject and keeps the others', async () => {
      const { store } = createEmptyStore()
      for (const key of ['a', 'b', 'c']) await store.insert(key, createRecord())
      await store.insert('d', createRecord({ subject: 'cathy2' }))
      await store.remove('b')
      await store.removeBySubject('cathy')
      await store.removeBySubject('nobody')
      expect(await Promise.all(['a', 'b', 'c'].map((key) => store.read(key)))).toEqual([null, null, null])
      expect(await store.read('d')).toMatchObject({ subject: 'cathy2' })
    })

    it('gives a lease to one owner at a time, until it is released', async () => {
      const { store } = createEmptyStore()
      expect(await store.lease('a', 'one', 5000)).toBe(true)
      expect(await store.lease('a', 'two', 5000)).toBe(false)
      expect(await store.lease('b', 'two', 5000)).toBe(true)
      await store.release('a', 'two')
      expect(await store.lease('a', 'two', 5000)).toBe(false)
      await store.release('a', 'one')
      expect(await store.lease('a', 'two', 5000)).toBe(true)
    })

    it('gives the lease of a dead owner to the next one when it expires', async () => {
      const { store, clock } = createEmptyStore()
      await store.lease('a', 'one', 5000)
      clock.now = 4999
      expect(await store.lease('a', 'one', 5000)).toBe(true)
      clock.now = 9998
      expect(await store.lease('a', 'two', 5000)).toBe(false)
      clock.now = 9999
      expect(await store.lease('a', 'two', 5000)).toBe(true)
    })

    it('removes expired records, a few with each insert, and keeps the others', async () => {
      const { store, clock } = createEmptyStore()
      for (let index = 0; index < 30; index += 1)
        await store.insert(`old-${index}`, createRecord({ expiresAt: index % 3 === 0 ? 90_000 : 10_000 }))
      clock.now = 10_000
      for (let index = 0; index < 12; index += 1)
        await store.insert(`new-${index}`, createRecord({ expiresAt: 90_000 }))
      const old = await Promise.all(Array.from({ length: 30 }, (_, index) => store.read(`old-${index}`)))
      expect(old.filter((record) => record !== null).map(({ expiresAt }) => expiresAt)).toEqual(
        Array(10).fill(90_000),
      )
      await store.removeBySubject('cathy')
      expect(await store.read('new-11')).toBeNull()
    })
  })
}
