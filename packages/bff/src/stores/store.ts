/** One sealed record, for example of a session. */
export interface StoredRecord {
  /** Encrypted: only the browser's cookie contains the key. */
  sealed: Uint8Array
  /** Opaque names under which the store lists and removes records, for example one for each user; may be empty. */
  indexNames: readonly string[]
  /** Increases with each write of this record. */
  version: number
  /** When the store may remove the record, in milliseconds since 1970. */
  expiresAt: number
}

/** A record in a list, without its sealed data. */
export interface ListedRecord {
  key: string
  version: number
  expiresAt: number
  /** When the record was inserted, in milliseconds since 1970. */
  insertedAt: number
}

/**
 * What `lease` did: `granted` when nobody had the lease or this owner renewed it, `taken_over` when the lease of another
 * owner had expired, so that this owner may still be at work; `false` while another owner has it.
 */
export type LeaseResult = 'granted' | 'taken_over' | false

/**
 * Stores session records. Refresh tokens may be used only once, so two promises matter most: `replace` writes only over
 * the version that it names and never re-creates a removed record, and a lease has one owner at a time. Methods must
 * throw on errors. They must not return `null` or `false` for a failed read or write.
 */
export interface Store {
  /** Whether the records end with this process, so that the store keeps nothing for the next one. */
  readonly isVolatile?: boolean
  /** Returns a record, or `null` when there is none. */
  read(key: string): Promise<StoredRecord | null>
  /** Adds a record; writes nothing and returns `false` when the key exists. */
  insert(key: string, record: StoredRecord): Promise<boolean>
  /**
   * Replaces the record, with its index names, if its version is `ifVersion`; writes nothing and returns `false`
   * otherwise.
   */
  replace(key: string, record: StoredRecord, ifVersion: number): Promise<boolean>
  /** Removes a record, if it exists. */
  remove(key: string): Promise<void>
  /** Lists the records with an index name, oldest first, at most that many. */
  listByIndexName(name: string, maxRecords: number): Promise<ListedRecord[]>
  /** Removes all records with an index name. */
  removeByIndexName(name: string): Promise<void>
  /** Takes or renews a lease for that many milliseconds. */
  lease(key: string, owner: string, milliseconds: number): Promise<LeaseResult>
  /** Releases a lease, if this owner has it. */
  release(key: string, owner: string): Promise<void>
  /**
   * Resolves when the record under this key has another version or is gone, when nobody has the lease of this key, or
   * when the signal aborts; it may resolve earlier. Optional: without it, the other processes ask the store again and
   * again until a refresh is done.
   */
  waitForChange?(key: string, version: number, signal: AbortSignal): Promise<void>
  /**
   * Lists the settings of the engine that lose sessions, each with what to do; the BFF logs them once. Optional. May throw
   * when the engine does not tell.
   */
  listWarnings?(): Promise<string[]>
  /** Closes files and connections. The BFF does not call it: close it where you created it. */
  close(): Promise<void>
}

/** How many records each insert checks and removes if expired: more than it adds, so that a store cannot only grow. */
export const cleanupBatchSize = 8
