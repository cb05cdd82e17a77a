/**
 * Keeps sessions in a file (LMDB): they survive a restart, and several processes of one machine share them.
 *
 * @module
 */
import { mkdirSync } from 'node:fs'
import type { RootDatabase } from 'lmdb'
import { BffError } from '../errors.ts'
import { isLmdbInstalled, loadLmdb } from './lmdb.ts'
import type { Store, StoredRecord } from './store.ts'
import { cleanupBatchSize } from './store.ts'

/** What {@link embeddedStore} needs to know. */
export interface EmbeddedStoreOptions {
  /** A folder of its own on a local disk; it is made when it is missing. */
  path: string
  /** Milliseconds since 1970. */
  now?: () => number
}

/**
 * Opens the store. Needs the package lmdb, an optional peer dependency.
 *
 * @throws BffError `server_error` when lmdb is not installed, or when the folder cannot be used or contains something else
 */
export function embeddedStore({ path, now = Date.now }: EmbeddedStoreOptions): Store {
  const root = openDatabase(path)
  const records = root.openDB<StoredRecord, string>({ name: 'records' })
  /** Keys only: [subject, key of a record]. */
  const subjects = root.openDB<true, [string, string]>({ name: 'subjects' })
  const leases = root.openDB<{ owner: string; until: number }, string>({ name: 'leases' })
  let cleanedTo = ''

  return {
    async read(key) {
      // Else this process might see, for the rest of its turn, what others have written over.
      records.resetReadTxn()
      return records.get(key) ?? null
    },
    insert: (key, record) =>
      root.transaction(() => {
        cleanSome()
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
        const held = leases.get(key)
        if (held && held.owner !== owner && held.until > now()) return false
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

  /** Goes on where the last call stopped, so that every record is looked at in turn and no call takes long. */
  function cleanSome(): void {
    const some = [...records.getRange({ start: cleanedTo, limit: cleanupBatchSize })]
    for (const { key, value } of some) if (value.expiresAt <= now()) remove(key)
    const last = some.at(-1)
    cleanedTo = some.length < cleanupBatchSize || !last ? '' : `${last.key}\0`
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
    return loadLmdb().open({ path })
  } catch (error) {
    const message = error instanceof Error ? error.message : 'unknown'
    throw new BffError('server_error', `The session store in ${path} cannot be opened: ${message}`)
  }
}
