import { BffError } from '../errors.ts'
import type { ListedRecord, Store, StoredRecord } from './store.ts'
import { cleanupBatchSize } from './store.ts'

/** The options of {@link memoryStore}. */
export interface MemoryStoreOptions {
  /** Megabytes that the records may take, by estimate; 512 when absent. Sign-ins fail while the store is full. */
  maxMegabytes?: number
  /** Returns the current time in milliseconds since 1970; for tests. */
  now?: () => number
}

interface MemoryEntry {
  record: StoredRecord
  insertedAt: number
}

/** Bytes that Node uses for a record without its sealed data and names, and for each name. */
const bytesPerRecord = 1000
const bytesPerIndexName = 300

/** Creates a store in the memory of this process. A restart ends all sessions. */
export function memoryStore({ maxMegabytes = 512, now = Date.now }: MemoryStoreOptions = {}): Store {
  const entries = new Map<string, MemoryEntry>()
  const keysByIndexName = new Map<string, Set<string>>()
  const leases = new Map<string, { owner: string; from: number; until: number }>()
  /** The functions that wake callers of `waitForChange`, by key. */
  const waiters = new Map<string, Set<() => void>>()
  let cleanup = entries.entries()
  let usedBytes = 0

  return {
    isVolatile: true,
    read: async (key) => entries.get(key)?.record ?? null,
    async insert(key, record) {
      removeExpired(cleanupBatchSize)
      if (entries.has(key)) return false
      if (isFull(record)) {
        cleanup = entries.entries()
        removeExpired(entries.size)
      }
      if (isFull(record))
        throw new BffError('temporarily_unavailable', 'The session store is full', {
          retryAfter: 60,
          hint:
            `The memory store is full: its ${entries.size} records take ${maxMegabytes} MB. Nobody can sign in until ` +
            'sessions end. Use embeddedStore({ path }), or raise memoryStore({ maxMegabytes }).',
        })
      put(key, { record, insertedAt: now() })
      return true
    },
    async replace(key, record, ifVersion) {
      const entry = entries.get(key)
      if (entry?.record.version !== ifVersion) return false
      usedBytes -= estimateBytes(entry.record)
      for (const name of entry.record.indexNames)
        if (!record.indexNames.includes(name)) removeFromIndex(name, key)
      put(key, { ...entry, record })
      wakeWaiters(key)
      return true
    },
    remove: async (key) => remove(key),
    async listByIndexName(name, maxRecords) {
      const keys = [...(keysByIndexName.get(name) ?? [])].slice(0, maxRecords)
      return keys.flatMap((key): ListedRecord[] => {
        const entry = entries.get(key)
        if (!entry) return []
        const { version, expiresAt } = entry.record
        return [{ key, version, expiresAt, insertedAt: entry.insertedAt }]
      })
    },
    async removeByIndexName(name) {
      for (const key of keysByIndexName.get(name) ?? []) remove(key)
    },
    async lease(key, owner, milliseconds) {
      const lease = leases.get(key)
      const isOther = lease !== undefined && lease.owner !== owner
      // A lease from the future is one from before the clock was set back.
      if (isOther && lease.from <= now() && now() < lease.until) return false
      leases.set(key, { owner, from: now(), until: now() + milliseconds })
      return isOther ? 'taken_over' : 'granted'
    },
    async release(key, owner) {
      if (leases.get(key)?.owner !== owner) return
      leases.delete(key)
      wakeWaiters(key)
    },
    async waitForChange(key, version, signal) {
      if (signal.aborted || entries.get(key)?.record.version !== version || !leases.has(key)) return
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          signal.removeEventListener('abort', wake)
          const others = waiters.get(key)
          others?.delete(wake)
          if (others?.size === 0) waiters.delete(key)
          resolve()
        }
        signal.addEventListener('abort', wake)
        waiters.set(key, (waiters.get(key) ?? new Set()).add(wake))
      })
    },
    async close() {
      for (const key of waiters.keys()) wakeWaiters(key)
    },
  }

  function isFull(record: StoredRecord): boolean {
    return usedBytes + estimateBytes(record) > maxMegabytes * 1_000_000
  }

  function put(key: string, entry: MemoryEntry): void {
    entries.set(key, entry)
    usedBytes += estimateBytes(entry.record)
    for (const name of entry.record.indexNames)
      keysByIndexName.set(name, (keysByIndexName.get(name) ?? new Set()).add(key))
  }

  function remove(key: string): void {
    const entry = entries.get(key)
    if (!entry) return
    entries.delete(key)
    leases.delete(key)
    usedBytes -= estimateBytes(entry.record)
    for (const name of entry.record.indexNames) removeFromIndex(name, key)
    wakeWaiters(key)
  }

  function removeFromIndex(name: string, key: string): void {
    const keys = keysByIndexName.get(name)
    keys?.delete(key)
    if (keys?.size === 0) keysByIndexName.delete(name)
  }

  function wakeWaiters(key: string): void {
    for (const wake of waiters.get(key) ?? []) wake()
  }

  /** Checks the next records, so that every record is checked in turn and no call takes long. */
  function removeExpired(count: number): void {
    for (let checked = 0; checked < count; checked += 1) {
      const next = cleanup.next()
      if (next.done) {
        cleanup = entries.entries()
        return
      }
      const [key, { record }] = next.value
      if (record.expiresAt <= now()) remove(key)
    }
  }
}

function estimateBytes({ sealed, indexNames }: StoredRecord): number {
  return bytesPerRecord + sealed.byteLength + indexNames.length * bytesPerIndexName
}
