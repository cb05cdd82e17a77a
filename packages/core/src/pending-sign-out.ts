/**
 * A sign-out that the BFF has not confirmed; `null` when there is none.
 *
 * Each function below handles one event and returns the next value. All are pure. Times are milliseconds of the page
 * clock.
 */
export interface PendingSignOut {
  /** The query of the request: the session that ends, and whether all sessions of its user end. */
  readonly query: string
  /** Whether it was read from the storage: another page stored it, or this one before a reload. */
  readonly isAdopted: boolean
  /** When the request is due; `Infinity` while it is running. */
  readonly nextAttemptAt: number
  /** How many attempts in a row have failed. */
  readonly failureCount: number
}

/** Creates a sign-out that is due at once. */
export function createPendingSignOut(query: string, isAdopted = false): PendingSignOut {
  return { query, isAdopted, nextAttemptAt: 0, failureCount: 0 }
}

/**
 * Handles what the storage contains, which all pages share: another page may have signed out, or may have received the
 * confirmation.
 *
 * @param stored `undefined` when the storage does not work: then each page knows its own sign-out only
 */
export function receiveStoredSignOut(
  pending: PendingSignOut | null,
  stored: string | null | undefined,
): PendingSignOut | null {
  if (stored === undefined || stored === pending?.query) return pending
  return stored === null ? null : createPendingSignOut(stored, true)
}

/** Handles a timer or an event of the page: starts the request if it is due, or was not sent for want of a network. */
export function startSignOutIfDue(
  pending: PendingSignOut | null,
  now: number,
  online: boolean,
): PendingSignOut | null {
  return pending && (now >= pending.nextAttemptAt || (online && pending.nextAttemptAt < Infinity))
    ? { ...pending, nextAttemptAt: Infinity }
    : pending
}

/** Handles a failed request, which is repeated. */
export function receiveSignOutError(
  pending: PendingSignOut | null,
  query: string,
  nextAttemptAt: number,
): PendingSignOut | null {
  return pending?.query === query
    ? { ...pending, nextAttemptAt, failureCount: pending.failureCount + 1 }
    : pending
}
