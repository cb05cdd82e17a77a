/**
 * Stores sessions in PostgreSQL 12 or later. Many machines share them.
 *
 * @module
 */
import { createChangeWaits } from './change-waits.ts'
import {
  createPostgresStatements,
  defaultTablePrefix,
  derivePostgresNames,
  listSchemaStatements,
} from './postgres-statements.ts'
import type { LeaseResult, ListedRecord, Store, StoredRecord } from './store.ts'

/** A row of a result, by the names of its columns. */
export type PostgresRow = Record<string, unknown>

/** The options of {@link postgresStore}. */
export interface PostgresStoreOptions {
  /** Runs one statement with its values on the primary, as the `query` of a pool does. You close the pool. */
  query: (text: string, values: string[]) => Promise<{ rows: PostgresRow[] }>
  /**
   * Listens to a channel (`LISTEN`) on a connection of its own. It wakes processes that wait for the refresh of another
   * one; without it they ask every 50 milliseconds while that refresh runs. All processes have it or none.
   */
  listen?: (channel: string, onMessage: (message: string) => void) => Promise<unknown>
  /** What the names of the tables begin with, for example `auth.latchkey_`; `latchkey_` when absent. */
  tablePrefix?: string
}

/** The codes of errors after which a statement that runs again succeeds: serialization failure and deadlock. */
const transientCodes = new Set(['40001', '40P01'])
const maxAttempts = 5
/** The codes of errors when another process creates the same thing at the same time. */
const duplicateCodes = new Set(['23505', '42P07', '42710'])

/**
 * Creates the store. Every change is one statement, so it works through a pooler. It creates its tables when they are
 * missing; run the statements of {@link formatPostgresSchema} before if its user may not.
 *
 * @throws RangeError for a `tablePrefix` that is not made of lower-case names
 * @example
 *   const pool = new pg.Pool({ connectionString, connectionTimeoutMillis: 3000 })
 *   const store = postgresStore({ query: (text, values) => pool.query(text, values) })
 */
export function postgresStore({
  query,
  listen,
  tablePrefix = defaultTablePrefix,
}: PostgresStoreOptions): Store {
  const names = derivePostgresNames(tablePrefix)
  const statements = createPostgresStatements(names, listen !== undefined)
  let prepared: Promise<void> | undefined
  const waits = createChangeWaits({
    isUnchanged: async (key, version) => (await run('isUnchanged', key, version)).length > 0,
    subscribe: async () => listen?.(names.channel, (key) => waits.wake(key)),
  })

  return {
    async read(key) {
      const [row] = await run('read', key)
      return row ? parseRecord(row) : null
    },
    insert: async (key, record) => (await run('insert', key, ...formatRecord(record))).length > 0,
    replace: async (key, record, ifVersion) =>
      (await run('replace', key, ...formatRecord(record), ifVersion)).length > 0,
    async remove(key) {
      await run('remove', key)
    },
    listByIndexName: async (name, maxRecords) => (await run('list', name, maxRecords)).map(parseListedRecord),
    async removeByIndexName(name) {
      await run('removeByName', name)
    },
    async lease(key, owner, milliseconds) {
      const [row] = await run('lease', key, owner, milliseconds)
      return row ? (row['result'] as LeaseResult) : false
    },
    async release(key, owner) {
      await run('release', key, owner)
    },
    ...(listen && { waitForChange: (key, version, signal) => waits.wait(key, version, signal) }),
    close: async () => waits.close(),
  }

  async function run(name: keyof typeof statements, ...values: (string | number)[]): Promise<PostgresRow[]> {
    prepared ??= prepare()
    try {
      await prepared
    } catch (error) {
      prepared = undefined
      throw error
    }
    for (let attempt = 1; ; attempt += 1)
      try {
        return (await query(statements[name], values.map(String))).rows
      } catch (error) {
        if (attempt === maxAttempts || !hasCode(error, transientCodes)) throw error
      }
  }

  async function prepare(): Promise<void> {
    const { rows } = await query('SELECT to_regclass($1::text)::text AS name', [names.lastIndex])
    if (rows[0]?.['name'] != null) return
    for (const statement of listSchemaStatements(names))
      await query(statement, []).catch((error: unknown) => {
        if (!hasCode(error, duplicateCodes)) throw error
      })
  }
}

/** Returns the SQL that creates the tables, for a migration. */
export function formatPostgresSchema(tablePrefix: string = defaultTablePrefix): string {
  return listSchemaStatements(derivePostgresNames(tablePrefix))
    .map((statement) => `${statement};\n`)
    .join('')
}

function hasCode(error: unknown, codes: ReadonlySet<string>): boolean {
  return codes.has((error as { code?: string }).code ?? '')
}

/** Returns the values of a record in the order of the statements. */
function formatRecord({ version, expiresAt, indexNames, sealed }: StoredRecord): (string | number)[] {
  const expiryHour = Math.min(Math.floor(expiresAt / 3_600_000), 2 ** 31 - 1)
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  return [version, expiresAt, expiryHour, JSON.stringify(indexNames), bytes.toString('base64')]
}

function parseRecord(row: PostgresRow): StoredRecord {
  return {
    sealed: new Uint8Array(Buffer.from(String(row['sealed']), 'base64')),
    indexNames: JSON.parse(String(row['index_names'])) as string[],
    version: Number(row['version']),
    expiresAt: Number(row['expires_at']),
  }
}

function parseListedRecord(row: PostgresRow): ListedRecord {
  return {
    key: String(row['key']),
    version: Number(row['version']),
    expiresAt: Number(row['expires_at']),
    insertedAt: Number(row['inserted_at']),
  }
}
