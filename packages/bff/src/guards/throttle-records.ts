import type { Logger } from '../log.ts'
import { createRepeatLimiter } from '../repeated-lines.ts'
import type { Store } from '../stores/store.ts'

/** What the throttle remembers of one key. Moments are milliseconds since 1970. */
export interface ThrottleRecord {
  /** When all failures are forgotten. */
  forgottenAt: number
  /** For an account: until when which clients are known, by their keys. */
  knownUntil: Readonly<Record<string, number>>
}

/** The records of the throttle by key: in memory, and in the session store if that outlives the process. */
export interface ThrottleRecords {
  /** Loads the records of these keys, so that `get` returns what other processes wrote. */
  load(keys: string[]): Promise<void>
  get(key: string): ThrottleRecord
  /** Changes a record here and in the store. */
  update(key: string, change: (record: ThrottleRecord) => ThrottleRecord): Promise<void>
}

/** A map that forgets the keys that were set longest ago: it keeps between 25,000 and 50,000. */
export interface RecentMap<T> {
  get(key: string): T | undefined
  set(key: string, value: T): void
}

const maxRecentKeys = 25_000

/** Creates the map from two generations: removing single keys from a large `Map` makes it slow. */
export function createRecentMap<T>(): RecentMap<T> {
  let recent = new Map<string, T>()
  let earlier = new Map<string, T>()
  return {
    get: (key) => recent.get(key) ?? earlier.get(key),
    set(key, value) {
      recent.set(key, value)
      if (recent.size < maxRecentKeys) return
      earlier = recent
      recent = new Map()
    },
  }
}

type RecordStore = Pick<Store, 'read' | 'insert' | 'replace'>

const emptyRecord: ThrottleRecord = { forgottenAt: 0, knownUntil: {} }

/**
 * Creates the records. While the store fails, those in memory are used.
 *
 * @param store `null` when records need not outlive the process
 */
export function createThrottleRecords(
  store: RecordStore | null,
  now: () => number,
  logger: Logger,
): ThrottleRecords {
  const memory = createRecentMap<{ record: ThrottleRecord; version: number }>()
  const warn = createRepeatLimiter(logger, now)

  return {
    async load(keys) {
      if (store) await Promise.all(keys.map((key) => load(store, key)))
    },
    get: getRecord,
    async update(key, change) {
      if (store && (await updateStored(store, key, change))) return
      memory.set(key, { record: change(getRecord(key)), version: memory.get(key)?.version ?? 0 })
    },
  }

  function getRecord(key: string): ThrottleRecord {
    return memory.get(key)?.record ?? emptyRecord
  }

  async function load(from: RecordStore, key: string): Promise<void> {
    try {
      const stored = await from.read(key)
      const local = memory.get(key)
      // What was written here after the read began is newer.
      if (stored && (!local || getLastMoment(local.record) <= now() || stored.version > local.version))
        memory.set(key, { record: parseRecord(stored.sealed), version: stored.version })
    } catch {
      warnOfStore()
    }
  }

  async function updateStored(
    to: RecordStore,
    key: string,
    change: (record: ThrottleRecord) => ThrottleRecord,
  ): Promise<boolean> {
    try {
      for (;;) {
        const stored = await to.read(key)
        const record = change(stored ? parseRecord(stored.sealed) : emptyRecord)
        const version = (stored?.version ?? 0) + 1
        const expiresAt = getLastMoment(record)
        // Keys are hashes, and moments are no secrets.
        const sealed = Buffer.from(JSON.stringify(record))
        const next = { sealed, indexNames: [], version, expiresAt }
        const write = stored ? to.replace(key, next, stored.version) : to.insert(key, next)
        if (!(await write)) continue
        memory.set(key, { record, version })
        return true
      }
    } catch {
      warnOfStore()
      return false
    }
  }

  function warnOfStore(): void {
    warn(
      'Session store failed: until it works again, the throttle counts failed sign-ins in the memory of this process.',
    )
  }
}

/** Returns the moment from which a record says nothing. */
function getLastMoment({ forgottenAt, knownUntil }: ThrottleRecord): number {
  return Math.max(forgottenAt, ...Object.values(knownUntil))
}

function parseRecord(bytes: Uint8Array): ThrottleRecord {
  return JSON.parse(Buffer.from(bytes).toString()) as ThrottleRecord
}
