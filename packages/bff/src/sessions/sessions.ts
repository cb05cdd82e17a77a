import type { LoginRequiredReason } from '@latchkey/wire'
import type { EndCause, EndedSession } from '../events/audit-log.ts'
import type { LeaseResult, StoredRecord } from '../stores/store.ts'
import type { RecordKeys } from './seal.ts'
import type { SessionData } from './session-data.ts'
import type { OwnEndReason } from './session-end.ts'

/** A session as it was when it was loaded: its record, unsealed. */
export interface LoadedSession {
  keys: RecordKeys
  data: SessionData
  record: StoredRecord
}

/**
 * The sessions of one BFF, sealed in a store. A method that returns a reason found no session. Every method throws
 * `temporarily_unavailable` when the store fails.
 */
export interface Sessions {
  /** Loads the session of a cookie. */
  open(cookie: Uint8Array | null): Promise<LoadedSession | LoginRequiredReason>
  /** Reads the session of a cookie like {@link open}, and does not end one that has reached a limit. */
  peek(cookie: Uint8Array | null): Promise<LoadedSession | LoginRequiredReason>
  /** Loads the current data of a session. */
  reload(session: LoadedSession): Promise<LoadedSession | LoginRequiredReason>
  /** Creates a session with a new cookie. */
  create(data: SessionData): Promise<{ cookie: Uint8Array; session: LoadedSession }>
  /** Creates a session for a known cookie, or loads the one that exists. */
  createOrLoad(cookie: Uint8Array, data: SessionData): Promise<LoadedSession | LoginRequiredReason>
  /** Whether {@link touch} has something to write: a page may send many requests in a second. */
  isTouchDue(session: LoadedSession): boolean
  /** Counts as use: extends the idle limit. */
  touch(session: LoadedSession): Promise<LoadedSession | LoginRequiredReason>
  /** Changes the data, and retries on concurrent writes; when `apply` returns `null`, nothing is written. */
  update(
    session: LoadedSession,
    apply: (data: SessionData) => SessionData | null,
  ): Promise<LoadedSession | LoginRequiredReason>
  /** Removes a session that its user ended; `null` is the cause of one that no page has ever known. */
  end(session: LoadedSession, cause: EndCause | null): Promise<void>
  /**
   * Ends a session that its user did not end. Pages that come later get the reason as well. Returns the session instead
   * when it has a newer token.
   */
  endWithReason(session: LoadedSession, reason: OwnEndReason): Promise<LoadedSession | LoginRequiredReason>
  /** Opens a session again that ended with `refresh_lost` within the last 30 seconds: its refresh succeeded after all. */
  reopen(session: LoadedSession, data: SessionData): Promise<LoadedSession | LoginRequiredReason>
  /** Finds the user of a session that ended by itself, whose reason is still known. */
  openEnded(cookie: Uint8Array | null): Promise<EndedSession | null>
  /**
   * Takes or renews the lease that allows a refresh, for that many milliseconds; `false` while another owner has it,
   * `taken_over` after one that did not release it.
   */
  lease(session: LoadedSession, owner: string, milliseconds: number): Promise<LeaseResult>
  release(session: LoadedSession, owner: string): Promise<void>
  /**
   * Waits until the session may have changed or its lease may be free, for at most a second. A store that cannot tell is
   * asked again after 50 milliseconds.
   */
  waitForChange(session: LoadedSession): Promise<void>
}
