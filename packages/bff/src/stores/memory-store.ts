import type { Store, StoredRecord } from './store.ts'
import { cleanupBatchSize } from './store.ts'

/** Keeps sessions in the memory of this process: they end with it. `now` is the clock, in milliseconds since 1970. */
export function memoryStore({ now = Date.now }: { now?: () => number } = {}): Store {
  const records = new Map<string, StoredRecord>()
  const subjects = new Map<string, Set<string>>()
  const leases = new Map<string, { owner: string; until: number }>()
  let cleaning = records.entries()

  return {
    read: async (key) => records.get(key) ?? null,
    async insert(key, record) {
      cleanSome()
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
      const held = leases.get(key)
      if (held && held.owner !== owner && held.until > now()) return false
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
    const siblings = subjects.get(record.subject)
    siblings?.delete(key)
    if (siblings?.size === 0) subjects.delete(record.subject)
  }

  /** Goes on where the last call stopped, so that every record is looked at in turn and no call takes long. */
  function cleanSome(): void {
    for (let looked = 0; looked < cleanupBatchSize; looked += 1) {
      const next = cleaning.next()
      if (next.done) {
        cleaning = records.entries()
        return
      }
      if (next.value[1].expiresAt <= now()) remove(next.value[0])
    }
  }
}
