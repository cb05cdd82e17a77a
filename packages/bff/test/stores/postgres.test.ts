import type pg from 'pg'
import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findPostgres } from '../../../../scripts/find-program.mjs'
import type { Store } from '../../src/index.ts'
import { formatPostgresSchema, postgresStore } from '../../src/stores/postgres-store.ts'
import { createRecord } from '../../src/testing/tested-store.ts'
import { describeStore, waitForEngine } from './describe-store.ts'
import type { PostgresServer } from './postgres-server.ts'
import { startPostgres } from './postgres-server.ts'

const programs = findPostgres()

let prefixCount = 0
const createPrefix = (): string => `test_${(prefixCount += 1)}_`

describe.skipIf(programs === null)('postgresStore (needs PostgreSQL)', () => {
  let server: PostgresServer
  let pools: pg.Pool[]

  beforeAll(async () => {
    server = await startPostgres(programs ?? '')
    pools = [server.connect(), server.connect()]
  })
  afterAll(() => server?.close())

  describeStore('postgresStore', () => {
    const tablePrefix = createPrefix()
    const open = (pool: pg.Pool) =>
      postgresStore({
        query: (text, values) => pool.query(text, values),
        listen: server.listen,
        tablePrefix,
      })
    return {
      store: open(pools[0]!),
      now: Date.now,
      pass: waitForEngine,
      openAgain: () => open(pools[1]!),
      async stall() {
        const client = await pools[0]!.connect()
        await client.query(`BEGIN; LOCK TABLE ${tablePrefix}records, ${tablePrefix}leases`)
        return async () => {
          await client.query('ROLLBACK')
          client.release()
        }
      },
      stop: server.kill,
    }
  })
})

describe('postgresStore on PGlite', () => {
  let database: PGlite
  beforeAll(async () => {
    database = await PGlite.create()
  }, 120_000)
  afterAll(() => database.close())

  describeStore('postgresStore on PGlite', () => ({
    store: postgresStore({
      query: (text, values) => database.query(text, values),
      listen: (channel, onMessage) => database.listen(channel, onMessage),
      tablePrefix: createPrefix(),
    }),
    now: Date.now,
    pass: waitForEngine,
  }))

  const open = (tablePrefix: string): Store =>
    postgresStore({ query: (text, values) => database.query(text, values), tablePrefix })

  it('uses the tables that a migration has created, in any schema', async () => {
    await database.exec(`CREATE SCHEMA portal; ${formatPostgresSchema('portal.auth_')}`)
    const tried: string[] = []
    const store = postgresStore({
      tablePrefix: 'portal.auth_',
      query(text, values) {
        tried.push(text)
        return database.query(text, values)
      },
    })
    expect(await store.insert('a', createRecord())).toBe(true)
    expect(tried.join()).not.toContain('CREATE')
    expect((await database.query('SELECT key FROM portal.auth_records')).rows).toEqual([{ key: 'a' }])
  })

  it('creates its tables although another process does so at the same time', async () => {
    const tablePrefix = createPrefix()
    const inserts = ['a', 'b', 'c'].map((key) => open(tablePrefix).insert(key, createRecord()))
    expect(await Promise.all(inserts)).toEqual([true, true, true])
  })

  it('tries again to create its tables when that failed', async () => {
    let isFailing = true
    const store = postgresStore({
      tablePrefix: createPrefix(),
      query: (text, values) =>
        isFailing ? Promise.reject(new Error('permission denied')) : database.query(text, values),
    })
    await expect(store.read('a')).rejects.toThrow('permission denied')
    isFailing = false
    expect(await store.read('a')).toBeNull()
  })

  it('removes rows of expired records and abandoned leases, a few with each insert', async () => {
    const tablePrefix = createPrefix()
    const store = open(tablePrefix)
    for (let index = 0; index < 20; index += 1) {
      await store.insert(`old-${index}`, createRecord({ expiresAt: 1000 + index }))
      await store.lease(`old-${index}`, 'one', 1000)
    }
    await database.exec(`UPDATE ${tablePrefix}leases SET expires_at = 0`)
    await store.insert('a', createRecord())
    await store.insert('b', createRecord())
    await store.insert('c', createRecord())
    const listRows = async (table: string): Promise<unknown> =>
      (await database.query(`SELECT key FROM ${tablePrefix}${table} ORDER BY key`)).rows
    expect(await listRows('records')).toEqual([{ key: 'a' }, { key: 'b' }, { key: 'c' }])
    expect(await listRows('leases')).toEqual([])
  })

  it('uses an index in every statement, however many records there are', async () => {
    const tablePrefix = createPrefix()
    const statements: [text: string, values: string[]][] = []
    const store = postgresStore({
      tablePrefix,
      listen: async () => {},
      query(text, values) {
        statements.push([text, values])
        return database.query(text, values)
      },
    })
    await store.read('a')
    statements.length = 0
    await store.insert('a', createRecord())
    await store.lease('a', 'one', 60_000)
    await store.waitForChange?.('a', 2, new AbortController().signal)
    await store.release('a', 'one')
    await store.replace('a', createRecord({ version: 2 }), 1)
    await store.read('a')
    await store.listByIndexName('cathy', 10)
    await store.removeByIndexName('cathy')
    await store.remove('a')
    expect(statements).toHaveLength(9)
    // So that the planner takes an index wherever a condition can use one.
    await database.exec('SET enable_seqscan = off')
    for (const [text, values] of statements) {
      const { rows } = await database.query(`EXPLAIN ${text}`, values)
      expect(rows.map((row) => String(Object.values(row as object)[0])).join('\n')).not.toMatch(
        /Seq Scan on (test|latchkey)|Filter: .*(expiry_hour|expires_at) < /,
      )
    }
    await database.exec('SET enable_seqscan = on')
  })

  it('runs a statement again after a serialization failure or a deadlock', async () => {
    let failures = 2
    const store = postgresStore({
      tablePrefix: createPrefix(),
      query(text, values) {
        if (text.includes('INSERT') && failures-- > 0)
          return Promise.reject(Object.assign(new Error('could not serialize access'), { code: '40001' }))
        return database.query(text, values)
      },
    })
    expect(await store.insert('a', createRecord())).toBe(true)
    failures = 99
    await expect(store.insert('b', createRecord())).rejects.toThrow('could not serialize access')
  })

  it.each(['Latchkey_', 'a.b.c', 'x; DROP TABLE users', '1_'])('refuses the prefix %s', (tablePrefix) => {
    expect(() => open(tablePrefix)).toThrow('tablePrefix: not a name')
  })
})
