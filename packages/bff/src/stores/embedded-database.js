// The calls of an embedded store, on its database. JavaScript, as embedded-sqlite.js.
import { openSqlite } from './embedded-sqlite.js'

/**
 * @typedef {import('./embedded-sqlite.js').Database} Database
 * @typedef {import('./store.ts').StoredRecord} StoredRecord
 * @typedef {import('./store.ts').ListedRecord} ListedRecord
 * @typedef {import('./store.ts').LeaseResult} LeaseResult
 */

/**
 * Opens the database in a folder, and creates it when missing. Its functions are synchronous and do not wait for locks.
 *
 * @param {string} folder
 */
export function openDatabase(folder) {
  const database = openSqlite(folder)
  const select = database.prepare(
    'SELECT id, version, expires_at, index_names, sealed FROM records WHERE key = ?',
  )
  const selectVersion = database.prepare('SELECT version FROM records WHERE key = ?')
  const selectExpired = database.prepare(
    'SELECT key FROM records WHERE expires_at <= ? ORDER BY expires_at LIMIT ?',
  )
  const insertRecord = database.prepare(
    'INSERT INTO records (key, version, expires_at, inserted_at, index_names, sealed) VALUES (?, ?, ?, ?, ?, ?)' +
      ' ON CONFLICT (key) DO NOTHING',
  )
  const updateRecord = database.prepare(
    'UPDATE records SET version = ?, expires_at = ?, index_names = ?, sealed = ? WHERE id = ?',
  )
  const deleteRecord = database.prepare('DELETE FROM records WHERE id = ?')
  const insertName = database.prepare('INSERT OR IGNORE INTO index_names (name, record) VALUES (?, ?)')
  const deleteName = database.prepare('DELETE FROM index_names WHERE name = ? AND record = ?')
  const selectByName = database.prepare(
    'SELECT key, version, expires_at, inserted_at FROM index_names JOIN records ON id = record' +
      ' WHERE name = ? ORDER BY record LIMIT ?',
  )
  const selectLastByName = database.prepare('SELECT max(record) AS last FROM index_names WHERE name = ?')
  const selectKeysByName = database.prepare(
    'SELECT key FROM index_names JOIN records ON id = record WHERE name = ? AND record <= ? LIMIT ?',
  )
  const selectLease = database.prepare('SELECT owner, taken_at, expires_at FROM leases WHERE key = ?')
  const upsertLease = database.prepare(
    'INSERT INTO leases (key, owner, taken_at, expires_at) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE' +
      ' SET owner = excluded.owner, taken_at = excluded.taken_at, expires_at = excluded.expires_at',
  )
  const deleteLease = database.prepare('DELETE FROM leases WHERE key = ?')
  const deleteExpiredLeases = database.prepare('DELETE FROM leases WHERE expires_at < ? OR taken_at > ?')
  const selectDataVersion = database.prepare('PRAGMA data_version')

  /** @param {string} key */
  function remove(key) {
    const row = select.get(key)
    if (!row) return
    for (const name of JSON.parse(row.index_names)) deleteName.run(name, row.id)
    deleteRecord.run(row.id)
    deleteLease.run(key)
  }

  function rollBack() {
    try {
      database.exec('ROLLBACK')
    } catch {
      // SQLite has rolled back by itself, which it does for example when the disk is full.
    }
  }

  return {
    /**
     * @param {string} key
     * @returns {StoredRecord | null}
     */
    read(key) {
      const row = select.get(key)
      if (!row) return null
      const { sealed, index_names: names, version, expires_at: expiresAt } = row
      return { sealed: toSeparateBytes(sealed), indexNames: JSON.parse(names), version, expiresAt }
    },
    /**
     * @param {string} key
     * @param {StoredRecord} record
     * @param {number} now
     * @param {number} cleanupCount
     */
    insert(key, { version, expiresAt, indexNames, sealed }, now, cleanupCount) {
      for (const expired of selectExpired.all(now, cleanupCount)) remove(expired.key)
      const names = JSON.stringify(indexNames)
      if (!insertRecord.run(key, version, expiresAt, now, names, sealed).changes) return false
      const { id } = select.get(key)
      for (const name of indexNames) insertName.run(name, id)
      return true
    },
    /**
     * @param {string} key
     * @param {StoredRecord} record
     * @param {number} ifVersion
     */
    replace(key, { version, expiresAt, indexNames, sealed }, ifVersion) {
      const row = select.get(key)
      if (row?.version !== ifVersion) return false
      const names = JSON.stringify(indexNames)
      if (names !== row.index_names) {
        for (const name of JSON.parse(row.index_names)) deleteName.run(name, row.id)
        for (const name of indexNames) insertName.run(name, row.id)
      }
      updateRecord.run(version, expiresAt, names, sealed, row.id)
      return true
    },
    remove,
    /**
     * @param {string} name
     * @param {number} maxRecords
     * @returns {ListedRecord[]}
     */
    listByIndexName(name, maxRecords) {
      return selectByName.all(name, maxRecords).map((row) => ({
        key: row.key,
        version: row.version,
        expiresAt: row.expires_at,
        insertedAt: row.inserted_at,
      }))
    },
    /**
     * @param {string} name
     * @returns {number} the id of the last record that has this name now
     */
    findLastRecord(name) {
      return selectLastByName.get(name).last ?? 0
    },
    /**
     * Removes some of the records with an index name; returns whether there may be more.
     *
     * @param {string} name
     * @param {number} last
     * @param {number} count
     */
    removeSomeByIndexName(name, last, count) {
      const rows = selectKeysByName.all(name, last, count)
      for (const row of rows) remove(row.key)
      return rows.length === count
    },
    /**
     * @param {string} key
     * @param {string} owner
     * @param {number} milliseconds
     * @param {number} now
     * @returns {LeaseResult}
     */
    lease(key, owner, milliseconds, now) {
      const lease = selectLease.get(key)
      const isOther = lease !== undefined && lease.owner !== owner
      if (isOther && isLeaseValid(lease, now)) return false
      if (!lease) deleteExpiredLeases.run(now - 60_000, now)
      upsertLease.run(key, owner, now, now + milliseconds)
      return isOther ? 'taken_over' : 'granted'
    },
    /**
     * @param {string} key
     * @param {string} owner
     */
    release(key, owner) {
      if (selectLease.get(key)?.owner === owner) deleteLease.run(key)
    },
    /**
     * Whether a record has that version and another process may be at work on it.
     *
     * @param {string} key
     * @param {number} version
     * @param {number} now
     */
    isUnchanged(key, version, now) {
      const lease = selectLease.get(key)
      return selectVersion.get(key)?.version === version && lease !== undefined && isLeaseValid(lease, now)
    },
    /**
     * Runs reads in one transaction, which costs less than one for each.
     *
     * @param {() => void} read
     */
    readTogether(read) {
      database.exec('BEGIN')
      try {
        read()
      } finally {
        rollBack()
      }
    },
    /** Changes with each commit of another process. */
    getDataVersion() {
      return selectDataVersion.get().data_version
    },
    /**
     * Runs writes in one transaction.
     *
     * @param {boolean} mustSurvivePowerLoss
     * @param {() => void} write
     */
    commit(mustSurvivePowerLoss, write) {
      database.exec(`PRAGMA synchronous = ${mustSurvivePowerLoss ? 'FULL' : 'NORMAL'}`)
      // Not prepared: libsql does not reset a statement that failed, and then no other transaction can commit.
      database.exec('BEGIN IMMEDIATE')
      try {
        write()
        database.exec('COMMIT')
      } catch (error) {
        rollBack()
        throw error
      }
    },
    close() {
      try {
        // Leaves one file, which can be copied.
        database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
        database.close()
      } catch {
        // What was acknowledged is in the files, which the next start reads.
      }
    },
  }
}

/**
 * Leases use a clock of the machine that is never set. It starts again with the machine, so a lease from the future is
 * one from before, and its owner is gone.
 *
 * @param {{ taken_at: number, expires_at: number }} lease
 * @param {number} now
 */
function isLeaseValid(lease, now) {
  return lease.taken_at <= now && now < lease.expires_at
}

/**
 * Copies bytes out of a buffer that may be larger, because a message between threads contains the whole buffer.
 *
 * @param {Uint8Array} bytes
 */
export function toSeparateBytes(bytes) {
  return bytes.byteLength === bytes.buffer.byteLength && bytes.constructor === Uint8Array
    ? bytes
    : new Uint8Array(bytes)
}
