import { describe, expect, it } from 'vitest'
import type { StoredRecord } from '../../src/index.ts'
import { memoryStore } from '../../src/index.ts'
import { describeStore } from './describe-store.ts'

const createRecord = (expiresAt: number): StoredRecord => ({
  sealed: new Uint8Array(10_000),
  indexNames: ['cathy'],
  version: 1,
  expiresAt,
})

describeStore('memoryStore', () => {
  let time = 1_000_000
  return {
    store: memoryStore({ now: () => time }),
    now: () => time,
    pass: async (milliseconds) => void (time += milliseconds),
  }
})

describe('memoryStore', () => {
  it('refuses a record when it is full, says what to do, and takes records again when one was removed', async () => {
    const store = memoryStore({ maxMegabytes: 0.1 })
    let count = 0
    while (count < 100 && (await store.insert(`r${count}`, createRecord(9e12)).catch(() => false))) count += 1
    expect(count).toBe(8)
    await expect(store.insert('one more', createRecord(9e12))).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      hint: expect.stringMatching(/full: its 8 records take 0\.1 MB.*embeddedStore/s),
    })
    expect(await store.replace('r0', { ...createRecord(9e12), version: 2 }, 1)).toBe(true)
    await store.remove('r0')
    expect(await store.insert('one more', createRecord(9e12))).toBe(true)
  })

  it('removes all expired records before it refuses one', async () => {
    const clock = { now: 0 }
    const store = memoryStore({ maxMegabytes: 0.1, now: () => clock.now })
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) await store.insert(key, createRecord(9e12))
    await store.insert('expires', createRecord(1000))
    clock.now = 1000
    expect(await store.insert('new', createRecord(9e12))).toBe(true)
    await expect(store.insert('one more', createRecord(9e12))).rejects.toThrow('full')
  })

  it('does not let a lease block for longer than it lasts when the clock is set back', async () => {
    const clock = { now: 1_000_000 }
    const store = memoryStore({ now: () => clock.now })
    await store.lease('a', 'one', 5000)
    clock.now = 1000
    expect(await store.lease('a', 'two', 5000)).toBe('taken_over')
  })
})
