/** One session as a store holds it. */
export interface StoredRecord {
  /** Opaque to the store, and to whoever steals it: the key is in the browser's cookie. */
  sealed: Uint8Array
  /** Opaque name of the user; only the same user's records have the same. */
  subject: string
  /** Counts the writes of this record upwards. */
  version: number
  /** Milliseconds since 1970 from which on the record may be cleaned away. */
  expiresAt: number
}

/**
 * Where sessions are kept. Two promises matter most, because refresh tokens may be used only once: `replace` writes
 * only over the version it names and never brings a removed record back, and a lease has one owner at a time. A store
 * throws when it cannot do its work; it never answers as if it were empty.
 */
export interface Store {
  read(key: string): Promise<StoredRecord | null>
  /** Adds a record; `false`, and nothing is written, when the key is taken. */
  insert(key: string, record: StoredRecord): Promise<boolean>
  /** Writes over the record whose version is `ifVersion`; `false` when there is none. */
  replace(key: string, record: StoredRecord, ifVersion: number): Promise<boolean>
  /** Removes a record; removing nothing is fine. */
  remove(key: string): Promise<void>
  /** Removes all records of a subject. */
  removeBySubject(subject: string): Promise<void>
  /** Takes or prolongs a lease for that many milliseconds; `false` while another owner has it. */
  lease(key: string, owner: string, milliseconds: number): Promise<boolean>
  /** Gives a lease back; giving back another's, or none, is fine. */
  release(key: string, owner: string): Promise<void>
  /** Lets go of files and connections. Whoever made the store closes it. */
  close(): Promise<void>
}

/** How many records one insert looks at to clean ended ones away: more than it adds, so a store never only grows. */
export const cleanupBatchSize = 8
