import { describe, expect, it } from 'vitest'
import type { Store, StoredRecord } from '../src/index.ts'

const record = (more: Partial<StoredRecord> = {}): StoredRecord => ({
  sealed: Uint8Array.of(1, 2, 3),
  subject: 'cathy',
  version: 1,
  expiresAt: 10_000,
  ...more,
})

/** What every store promises. `make` gives an empty one whose clock is `now`. */
export function describeStore(name: string, make: (now: () => number) => Store): void {
  describe(`${name} as a store`, { timeout: 20_000 }, () => {
    function fresh(): { store: Store; clock: { now: number } } {
      const clock = { now: 0 }
      return { store: make(() => clock.now), clock }
    }

    it('reads what was inserted, byte for byte, and nothing under another key', async () => {
      const { store } = fresh()
      expect(await store.insert('a', record())).toBe(true)
      const read = await store.read('a')
      expect(read && { ...read, sealed: [...read.sealed] }).toEqual({ ...record(), sealed: [1, 2, 3] })
      expect(await store.read('b')).toBeNull()
    })

    it('does not insert over a record', async () => {
      const { store } = fresh()
      await store.insert('a', record())
      expect(await store.insert('a', record({ version: 7 }))).toBe(false)
      expect(await store.read('a')).toMatchObject({ version: 1 })
    })

    it('replaces only the version that the writer read', async () => {
      const { store } = fresh()
      await store.insert('a', record())
      expect(await store.replace('a', record({ version: 2 }), 1)).toBe(true)
      expect(await store.replace('a', record({ version: 3 }), 1)).toBe(false)
      expect(await store.read('a')).toMatchObject({ version: 2 })
    })

    it('lets one of many writers of the same version win', async () => {
      const { store } = fresh()
      await store.insert('a', record())
      const writes = Array.from({ length: 20 }, () => store.replace('a', record({ version: 2 }), 1))
      expect((await Promise.all(writes)).filter(Boolean)).toHaveLength(1)
    })

    it('never brings a removed record back', async () => {
      const { store } = fresh()
      await store.insert('a', record())
      await store.remove('a')
      await store.remove('a')
      expect(await store.replace('a', record({ version: 2 }), 1)).toBe(false)
      expect(await store.read('a')).toBeNull()
    })

    it('removes all records of one subject and leaves the others', async () => {
      const { store } = fresh()
      for (const key of ['a', 'b', 'c']) await store.insert(key, record())
      await store.insert('d', record({ subject: 'cathy2' }))
      await store.remove('b')
      await store.removeBySubject('cathy')
      await store.removeBySubject('nobody')
      expect(await Promise.all(['a', 'b', 'c'].map((key) => store.read(key)))).toEqual([null, null, null])
      expect(await store.read('d')).toMatchObject({ subject: 'cathy2' })
    })

    it('gives a lease to one owner at a time, until it is given back', async () => {
      const { store } = fresh()
      expect(await store.lease('a', 'one', 5000)).toBe(true)
      expect(await store.lease('a', 'two', 5000)).toBe(false)
      expect(await store.lease('b', 'two', 5000)).toBe(true)
      await store.release('a', 'two')
      expect(await store.lease('a', 'two', 5000)).toBe(false)
      await store.release('a', 'one')
      expect(await store.lease('a', 'two', 5000)).toBe(true)
    })

    it('gives the lease of an owner who died to the next one when its time is over', async () => {
      const { store, clock } = fresh()
      await store.lease('a', 'one', 5000)
      clock.now = 4999
      expect(await store.lease('a', 'one', 5000)).toBe(true)
      clock.now = 9998
      expect(await store.lease('a', 'two', 5000)).toBe(false)
      clock.now = 9999
      expect(await store.lease('a', 'two', 5000)).toBe(true)
    })

    it('cleans ended records away, a few with each insert, and keeps the live ones', async () => {
      const { store, clock } = fresh()
      for (let index = 0; index < 30; index += 1)
        await store.insert(`old-${index}`, record({ expiresAt: index % 3 === 0 ? 90_000 : 10_000 }))
      clock.now = 10_000
      for (let index = 0; index < 12; index += 1)
        await store.insert(`new-${index}`, record({ expiresAt: 90_000 }))
      const old = await Promise.all(Array.from({ length: 30 }, (_, index) => store.read(`old-${index}`)))
      expect(old.filter((one) => one !== null).map((one) => one.expiresAt)).toEqual(Array(10).fill(90_000))
      await store.removeBySubject('cathy')
      expect(await store.read('new-11')).toBeNull()
    })
  })
}
