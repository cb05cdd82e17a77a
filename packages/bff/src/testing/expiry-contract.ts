import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import { listKeys } from './record-contract.ts'
import type { AddTest } from './tested-store.ts'
import { createRecord } from './tested-store.ts'

/** Long enough for the inserts of a test on a busy machine. */
const longMs = 600_000
const manyRecords = 800

/** Adds the promises about the end of records, by the clock of the store. */
export function addExpiryTests(add: AddTest): void {
  add('removes expired records, a few with each insert, and keeps the others', async (tested) => {
    const { store } = tested
    const soon = tested.now() + 500
    for (let index = 0; index < 30; index += 1)
      await store.insert(`old-${index}`, createRecord({ expiresAt: index % 3 === 0 ? 9e12 : soon }))
    await tested.pass(600)
    for (let index = 0; index < 12; index += 1) await store.insert(`new-${index}`, createRecord())
    const old = await Promise.all(Array.from({ length: 30 }, (_, index) => store.read(`old-${index}`)))
    deepStrictEqual(
      old.flatMap((record) => (record === null ? [] : [record.expiresAt])),
      Array(10).fill(9e12),
    )
    strictEqual((await store.listByIndexName('cathy', 100)).length, 22)
  })

  add('goes by the time that the last write of a record set, later or earlier', async (tested) => {
    const { store } = tested
    const soon = tested.now() + 500
    for (const key of ['prolonged', 'shortened', 'untouched'])
      await store.insert(key, createRecord({ expiresAt: key === 'prolonged' ? soon : soon + longMs }))
    const changes = [
      ['prolonged', soon + longMs],
      ['shortened', soon],
    ] as const
    for (const [key, expiresAt] of changes)
      strictEqual(await store.replace(key, createRecord({ version: 2, expiresAt }), 1), true)
    await tested.pass(600)
    // Each removes a few.
    for (let index = 0; index < 3; index += 1) await store.insert(`new-${index}`, createRecord())
    strictEqual((await store.read('prolonged'))?.version, 2)
    strictEqual(await store.read('shortened'), null)
    strictEqual((await store.read('untouched'))?.version, 1)
    strictEqual(await store.replace('shortened', createRecord({ version: 3 }), 2), false)
  })

  add('takes a new record under the key of an expired one', async (tested) => {
    const { store } = tested
    await store.insert('a', createRecord({ indexNames: ['before'], expiresAt: tested.now() + 100 }))
    await tested.pass(200)
    await store.insert('b', createRecord())
    strictEqual(await store.read('a'), null)
    strictEqual(await store.insert('a', createRecord({ version: 5, indexNames: ['after'] })), true)
    strictEqual((await store.read('a'))?.version, 5)
    deepStrictEqual(await listKeys(store, 'before'), [])
    deepStrictEqual(await listKeys(store, 'after'), ['a'])
  })

  add('forgets hundreds of expired records while it serves other calls', async (tested) => {
    const { store } = tested
    const soon = tested.now() + 1000
    const insertMany = async (name: string, count: number, expiresAt: number): Promise<void> => {
      for (let start = 0; start < count; start += 100) {
        const record = createRecord({ indexNames: [name], expiresAt })
        const inserts = Array.from({ length: 100 }, (_, index) =>
          store.insert(`${name}-${start + index}`, record),
        )
        deepStrictEqual(await Promise.all(inserts), Array(100).fill(true))
      }
    }
    await insertMany('old', manyRecords, soon)
    await tested.pass(1100)
    await insertMany('new', manyRecords / 4, 9e12)
    deepStrictEqual(await listKeys(store, 'old', manyRecords), [])
    strictEqual((await listKeys(store, 'new', manyRecords)).length, manyRecords / 4)
  })
}
