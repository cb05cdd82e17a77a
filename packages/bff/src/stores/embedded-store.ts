/**
 * Stores sessions in a folder (LMDB). They survive a restart, and several processes on one machine share them.
 *
 * @module
 */
import { mkdirSync } from 'node:fs'
import type { RootDatabase } from 'lmdb'
import { BffError } from '../errors.ts'
import { isLmdbInstalled, loadLmdb } from './lmdb.ts'
import type { Store, StoredRecord } from './store.ts'
import { cleanupBatchSize } from './store.ts'

/** The options of {@link embeddedStore}. */
export interface EmbeddedStoreOptions {
  /** A folder on a local disk that only this store uses; created when missing. */
  path: string
  /** Returns the current time in milliseconds since 1970; for tests. */
  now?: () => number
}

/**
 * Opens the store. Needs the package lmdb, an optional peer dependency.
 *
 * @throws BffError `server_error` when lmdb is not installed, or when the folder cannot be used or contains other files
 */
export function embeddedStore({ path, now = Date.now }: EmbeddedStoreOptions): Store {
  const root = openDatabase(path)
  const records = root.openDB<StoredRecord, string>({ name: 'records' })
  /** An index, with keys only: [subject, record key]. */
  const subjects = root.openDB<true, [string, string]>({ name: 'subjects' })
  const leases = root.openDB<{ owner: string; until: number }, string>({ name: 'leases' })
  let cleanupPosition = ''

  return {
    async read(key) {
      // Otherwise this read could return data from before another process's write.
      records.resetReadTxn()
      return records.get(key) ?? null
    },
    insert: (key, record) =>
      root.transaction(() => {
        cleanUpBatch()
        if (records.doesExist(key)) return false
        records.putSync(key, record)
        subjects.putSync([record.subject, key], true)
        return true
      }),
    replace: (key, record, ifVersion) =>
      root.transaction(() => {
        if (records.get(key)?.version !== ifVersion) return false
        records.putSync(key, record)
        return true
      }),
    remove: (key) => root.transaction(() => remove(key)),
    removeBySubject: (subject) =>
      root.transaction(() => {
        const keys = [...subjects.getKeys({ start: [subject, ''], end: [subject, '\u{ffff}'] })]
        for (const [, key] of keys) remove(key)
      }),
    lease: (key, owner, milliseconds) =>
      root.transaction(() => {
        const lease = leases.get(key)
        if (lease && lease.owner !== owner && lease.until > now()) return false
        leases.putSync(key, { owner, until: now() + milliseconds })
        return true
      }),
    release: (key, owner) =>
      root.transaction(() => {
        if (leases.get(key)?.owner === owner) leases.removeSync(key)
      }),
    close: () => root.close(),
  }

  function remove(key: string): void {
    const record = records.get(key)
    if (!record) return
    records.removeSync(key)
    subjects.removeSync([record.subject, key])
    leases.removeSync(key)
  }

  /** Removes expired records of the next batch, so that every record is checked in turn and no call takes long. */
  function cleanUpBatch(): void {
    const batch = [...records.getRange({ start: cleanupPosition, limit: cleanupBatchSize })]
    for (const { key, value } of batch) if (value.expiresAt <= now()) remove(key)
    const last = batch.at(-1)
    cleanupPosition = batch.length < cleanupBatchSize || !last ? '' : `${last.key}\0`
  }
}

function openDatabase(path: string): RootDatabase {
  if (!isLmdbInstalled())
    throw new BffError(
      'server_error',
      'embeddedStore needs the package lmdb, which is not installed. Run: npm install lmdb',
    )
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    // With overlapping sync, opening the store in one process can discard a commit of another that is not yet flushed.
    return loadLmdb().open({ path, overlappingSync: false })
  } catch (error) {
    const cause = error instanceof Error ? error.message : 'unknown error'
    throw new BffError('server_error', `Opening the session store in ${path} failed: ${cause}`)
  }
}
