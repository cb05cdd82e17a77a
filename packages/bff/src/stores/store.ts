/** One sealed record, for example of a session. */
export interface StoredRecord {
  /** Encrypted: only the browser's cookie contains the key. */
  sealed: Uint8Array
  /** The opaque name of the user; the same for all records of one user. */
  subject: string
  /** Increases with each write of this record. */
  version: number
  /** When the store may remove the record, in milliseconds since 1970. */
  expiresAt: number
}

/**
 * Stores session records. Refresh tokens may be used only once, so two promises matter most: `replace` writes only over
 * the version that it names and never re-creates a removed record, and a lease has one owner at a time. Methods must
 * throw on errors. They must not return `null` or `false` for a failed read or write.
 */
export interface Store {
  /** Returns a record, or `null` when there is none. */
  read(key: string): Promise<StoredRecord | null>
  /** Adds a record; writes nothing and returns `false` when the key exists. */
  insert(key: string, record: StoredRecord): Promise<boolean>
  /** Replaces the record if its version is `ifVersion`; writes nothing and returns `false` otherwise. */
  replace(key: string, record: StoredRecord, ifVersion: number): Promise<boolean>
  /** Removes a record, if it exists. */
  remove(key: string): Promise<void>
  /** Removes all records of a subject. */
  removeBySubject(subject: string): Promise<void>
  /** Takes or renews a lease for that many milliseconds; returns `false` while another owner has it. */
  lease(key: string, owner: string, milliseconds: number): Promise<boolean>
  /** Releases a lease, if this owner has it. */
  release(key: string, owner: string): Promise<void>
  /** Closes files and connections. The BFF does not call it: close it where you created it. */
  close(): Promise<void>
}

/** How many records each insert checks and removes if expired: more than it adds, so that a store cannot only grow. */
export const cleanupBatchSize = 8
