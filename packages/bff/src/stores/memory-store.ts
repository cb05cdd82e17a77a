import type { Store, StoredRecord } from './store.ts'
import { cleanupBatchSize } from './store.ts'

/**
 * Creates a store in the memory of this process. A restart ends all sessions.
 *
 * @param options.now returns the current time in milliseconds since 1970; for tests
 */
export function memoryStore({ now = Date.now }: { now?: () => number } = {}): Store {
  const records = new Map<string, StoredRecord>()
  const subjects = new Map<string, Set<string>>()
  const leases = new Map<string, { owner: string; until: number }>()
  let cleanup = records.entries()

  return {
    read: async (key) => records.get(key) ?? null,
    async insert(key, record) {
      cleanUpBatch()
      if (records.has(key)) return false
      records.set(key, record)
      subjects.set(record.subject, (subjects.get(record.subject) ?? new Set()).add(key))
      return true
    },
    async replace(key, record, ifVersion) {
      if (records.get(key)?.version !== ifVersion) return false
      records.set(key, record)
      return true
    },
    remove: async (key) => remove(key),
    async removeBySubject(subject) {
      for (const key of subjects.get(subject) ?? []) remove(key)
    },
    async lease(key, owner, milliseconds) {
      const lease = leases.get(key)
      if (lease && lease.owner !== owner && lease.until > now()) return false
      leases.set(key, { owner, until: now() + milliseconds })
      return true
    },
    async release(key, owner) {
      if (leases.get(key)?.owner === owner) leases.delete(key)
    },
    close: async () => {},
  }

  function remove(key: string): void {
    const record = records.get(key)
    if (!record) return
    records.delete(key)
    const keys = subjects.get(record.subject)
    keys?.delete(key)
    if (keys?.size === 0) subjects.delete(record.subject)
  }

  /** Removes expired records of the next batch, so that every record is checked in turn and no call takes long. */
  function cleanUpBatch(): void {
    for (let checked = 0; checked < cleanupBatchSize; checked += 1) {
      const next = cleanup.next()
      if (next.done) {
        cleanup = records.entries()
        return
      }
      if (next.value[1].expiresAt <= now()) remove(next.value[0])
    }
  }
}
