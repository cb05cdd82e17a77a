import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import type { ListedRecord, Store, StoredRecord } from '../stores/store.ts'
import type { AddTest } from './tested-store.ts'
import { createRecord } from './tested-store.ts'

/** Adds the promises about records and their index names. */
export function addRecordTests(add: AddTest): void {
  add('reads an inserted record byte for byte, and null under another key', async ({ store }) => {
    // A view of a larger buffer, as Node's Buffer often is.
    const sealed = Uint8Array.from({ length: 3000 }, (_, index) => index).subarray(7, 2700)
    const record = createRecord({ sealed, version: 3, expiresAt: 9e12, indexNames: ['a', 'b:c'] })
    strictEqual(await store.insert('a', record), true)
    deepStrictEqual(normalize(await store.read('a')), normalize(record))
    strictEqual(await store.read('b'), null)
  })

  add('does not insert over a record', async ({ store }) => {
    await store.insert('a', createRecord())
    strictEqual(await store.insert('a', createRecord({ version: 7, indexNames: ['other'] })), false)
    strictEqual((await store.read('a'))?.version, 1)
    deepStrictEqual(await listKeys(store, 'other'), [])
  })

  add('replaces only the version that the writer read', async ({ store }) => {
    await store.insert('a', createRecord())
    strictEqual(await store.replace('a', createRecord({ version: 2, sealed: Uint8Array.of(9) }), 1), true)
    strictEqual(await store.replace('a', createRecord({ version: 3 }), 1), false)
    deepStrictEqual(
      normalize(await store.read('a')),
      normalize(createRecord({ version: 2, sealed: Uint8Array.of(9) })),
    )
  })

  add('lets one of many concurrent writers of a version win', async ({ store, openAgain }) => {
    await store.insert('a', createRecord())
    const second = openAgain?.() ?? store
    const writes = Array.from({ length: 40 }, (_, index) =>
      (index % 2 === 0 ? store : second).replace('a', createRecord({ version: 2 }), 1),
    )
    strictEqual((await Promise.all(writes)).filter(Boolean).length, 1)
  })

  add('lets one of many concurrent inserts of a key win', async ({ store, openAgain }) => {
    const second = openAgain?.() ?? store
    const inserts = Array.from({ length: 40 }, (_, version) =>
      (version % 2 === 0 ? store : second).insert('a', createRecord({ version })),
    )
    strictEqual((await Promise.all(inserts)).filter(Boolean).length, 1)
  })

  add('reads what another process has written', async ({ store, openAgain }) => {
    const second = openAgain?.() ?? store
    await store.insert('a', createRecord())
    for (let version = 1; version < 20; version += 1) {
      const [writer, reader] = version % 2 === 0 ? [store, second] : [second, store]
      strictEqual(await writer.replace('a', createRecord({ version: version + 1 }), version), true)
      strictEqual((await reader.read('a'))?.version, version + 1)
    }
  })

  add('never re-creates a removed record', async ({ store }) => {
    await store.insert('a', createRecord())
    await store.remove('a')
    await store.remove('a')
    strictEqual(await store.replace('a', createRecord({ version: 2 }), 1), false)
    strictEqual(await store.read('a'), null)
    deepStrictEqual(await listKeys(store, 'cathy'), [])
  })

  add('lists the records of an index name, oldest first, at most as many as wanted', async (tested) => {
    const { store } = tested
    const insertedAt: number[] = []
    for (const key of ['b', 'a', 'c']) {
      insertedAt.push(tested.now())
      await store.insert(key, createRecord({ indexNames: ['cathy', `only ${key}`] }))
      await tested.pass(20)
    }
    await store.insert('d', createRecord({ indexNames: [] }))
    await store.replace('b', createRecord({ version: 2, indexNames: ['cathy', 'only b'] }), 1)
    const listed = await store.listByIndexName('cathy', 10)
    deepStrictEqual(listed.map(describeListed), ['b version 2', 'a version 1', 'c version 1'])
    for (const [index, record] of listed.entries()) {
      strictEqual(record.expiresAt, createRecord().expiresAt)
      ok(
        Math.abs(record.insertedAt - (insertedAt[index] ?? 0)) < 5000,
        'insertedAt is the time of the insert',
      )
    }
    deepStrictEqual(await listKeys(store, 'cathy', 2), ['b', 'a'])
    deepStrictEqual(await listKeys(store, 'only c'), ['c'])
    deepStrictEqual(await listKeys(store, 'only'), [])
  })

  add('changes the index names of a record when it is replaced', async ({ store }) => {
    await store.insert('a', createRecord({ indexNames: ['before', 'both'] }))
    await store.replace('a', createRecord({ version: 2, indexNames: ['both', 'after'] }), 1)
    deepStrictEqual(await listKeys(store, 'before'), [])
    deepStrictEqual(await listKeys(store, 'both'), ['a'])
    await store.removeByIndexName('before')
    deepStrictEqual(await listKeys(store, 'after'), ['a'])
    await store.replace('a', createRecord({ version: 3, indexNames: [] }), 2)
    await store.removeByIndexName('after')
    strictEqual((await store.read('a'))?.version, 3)
  })

  add('removes all records of one index name and keeps the others', async ({ store }) => {
    for (const key of ['a', 'b', 'c']) await store.insert(key, createRecord({ indexNames: ['x', 'cathy'] }))
    await store.insert('d', createRecord({ indexNames: ['cathy2', 'x'] }))
    await store.remove('b')
    await store.removeByIndexName('cathy')
    await store.removeByIndexName('unknown')
    for (const key of ['a', 'b', 'c']) strictEqual(await store.read(key), null)
    deepStrictEqual(await listKeys(store, 'x'), ['d'])
  })

  add(
    'removes the thousand records of one index name, but not one that is inserted later',
    async ({ store }) => {
      for (let start = 0; start < 1000; start += 100)
        await Promise.all(
          Array.from({ length: 100 }, (_, index) => store.insert(`many-${start + index}`, createRecord())),
        )
      strictEqual((await store.listByIndexName('cathy', 20_000)).length, 1000)
      await store.insert('other', createRecord({ indexNames: ['dora'] }))
      await store.removeByIndexName('cathy')
      await store.insert('later', createRecord())
      deepStrictEqual(await listKeys(store, 'cathy'), ['later'])
      deepStrictEqual(await listKeys(store, 'dora'), ['other'])
    },
  )
}

function normalize(record: StoredRecord | null): unknown {
  return record && { ...record, sealed: [...record.sealed], indexNames: [...record.indexNames] }
}

function describeListed({ key, version }: ListedRecord): string {
  return `${key} version ${version}`
}

export async function listKeys(store: Store, name: string, maxRecords = 100): Promise<string[]> {
  return (await store.listByIndexName(name, maxRecords)).map(({ key }) => key)
}
