// SQLite, as the thread of an embedded store opens it. JavaScript, because a thread loads it from the sources as well, on
// Node 20 too.
import { mkdirSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { join } from 'node:path'

/**
 * The parts of `node:sqlite` and of libsql that are the same.
 *
 * @typedef {object} Statement
 * @property {(...values: unknown[]) => any} get
 * @property {(...values: unknown[]) => any[]} all
 * @property {(...values: unknown[]) => { changes: number | bigint }} run
 *
 * @typedef {object} Database
 * @property {(sql: string) => unknown} exec
 * @property {(sql: string) => Statement} prepare
 * @property {() => unknown} close
 */

/** Marks the file as one of Latchkey: "Ltky" in ASCII. */
const applicationId = 0x4c_74_6b_79
const schemaVersion = 1
const schema = `
  CREATE TABLE records (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, expires_at REAL NOT NULL,
    inserted_at REAL NOT NULL, index_names TEXT NOT NULL, sealed BLOB NOT NULL
  ) STRICT;
  CREATE INDEX records_by_expiry ON records (expires_at);
  CREATE TABLE index_names (
    name TEXT NOT NULL, record INTEGER NOT NULL, PRIMARY KEY (name, record)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE leases (
    key TEXT PRIMARY KEY, owner TEXT NOT NULL, taken_at REAL NOT NULL, expires_at REAL NOT NULL
  ) STRICT, WITHOUT ROWID;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`

/** Whether this process has SQLite: Node has it built in from version 22.13, before that the package libsql is needed. */
export function hasSqlite() {
  if (isBuiltin('node:sqlite')) return true
  try {
    createRequire(import.meta.url).resolve('libsql')
    return true
  } catch {
    return false
  }
}

/**
 * @param {string} file
 * @returns {Database}
 */
function openFile(file) {
  const require = createRequire(import.meta.url)
  if (!isBuiltin('node:sqlite')) return new (require('libsql'))(file)
  // oxlint-disable-next-line typescript/unbound-method -- it is put back below
  const { emitWarning } = process
  // Node 22 warns that its SQLite is experimental.
  process.emitWarning = () => {}
  try {
    // Bundlers such as Turbopack replace `require`.
    const { DatabaseSync } = /** @type {any} */ (process).getBuiltinModule('node:sqlite')
    return new DatabaseSync(file)
  } finally {
    process.emitWarning = emitWarning
  }
}

/**
 * Opens the database in a folder, and creates it when missing. It does not wait for locks.
 *
 * @param {string} folder
 */
export function openSqlite(folder) {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const database = openFile(join(folder, 'sessions.sqlite'))
  try {
    prepareDatabase(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** @param {Database} database */
function prepareDatabase(database) {
  // Long enough for a commit of another process, and short enough not to delay the reads that wait behind it.
  database.exec('PRAGMA busy_timeout = 20')
  const { application_id: id } = database.prepare('PRAGMA application_id').get()
  const { user_version: version } = database.prepare('PRAGMA user_version').get()
  const { count } = database.prepare('SELECT count(*) AS count FROM sqlite_master').get()
  if (count > 0 && id !== applicationId) throw new Error('sessions.sqlite is the database of another program')
  if (version > schemaVersion) throw new Error(`a later version of Latchkey wrote it (format ${version})`)
  // Readers then never wait for writers.
  database.exec('PRAGMA journal_mode = WAL')
  database.exec('PRAGMA journal_size_limit = 4000000')
  database.exec('PRAGMA cache_size = -16000')
  database.exec('PRAGMA cell_size_check = ON')
  if (count > 0) return
  database.exec('BEGIN IMMEDIATE')
  try {
    // Another process may have created it since.
    if (database.prepare('SELECT count(*) AS count FROM sqlite_master').get().count === 0)
      database.exec(schema)
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}
