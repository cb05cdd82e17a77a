import { sessionPath } from '@latchkey/wire'
import { sendBffRequest } from './bff-request.ts'
import type { AuthError } from './errors.ts'
import type { PendingSignOut } from './pending-sign-out.ts'
import {
  receiveStoredSignOut,
  createPendingSignOut,
  receiveSignOutError,
  startSignOutIfDue,
} from './pending-sign-out.ts'
import type { Platform } from './platform.ts'
import { tryOrUndefined } from './platform.ts'
import { getRetryDelaysMs } from './retry.ts'

/** The sign-out that the BFF has not confirmed, in memory and in the storage that all pages share. */
export interface SignOuts {
  /** Sends a sign-out now and again until the BFF confirms it. */
  readonly request: (sessionId: string, everywhere?: boolean) => void
  /**
   * Reads the storage, and returns the session of the pending sign-out: empty when that is unknown, `undefined` when no
   * sign-out is pending.
   */
  readonly getSessionId: () => string | undefined
  /** Sends the request if it is due. */
  readonly sendIfDue: (online: boolean) => void
  /** Aborts the request, whose response would remove the cookie of a sign-in; it is sent again if that fails. */
  readonly pause: () => void
  /**
   * Forgets the sign-out, because a sign-in has replaced its session.
   *
   * @param isElsewhere whether it was a sign-in in another tab: the message may come after a later sign-out
   */
  readonly cancel: (isElsewhere?: boolean) => void
  /** Returns when {@link sendIfDue} must be called next. */
  readonly getNextTime: () => number
}

/** @param onConfirmed `isAdopted` when the sign-out was read from the storage */
export function createSignOuts(
  platform: Platform,
  basePath: string,
  now: () => number,
  onConfirmed: (sessionId: string, isAdopted: boolean) => void,
  onFailed: () => void,
): SignOuts {
  const key = `latchkey:${basePath}`
  let pending: PendingSignOut | null = null
  /** Whether the storage has everything that this page knows; not where storage is forbidden or full. */
  let isStored = true
  let sending: AbortController | undefined

  const readStorage = (): string | null | undefined =>
    tryOrUndefined(() => platform.localStorage.getItem(key))

  const cancel = (isElsewhere?: boolean): void => {
    // The other tab has removed the sign-out before it: what the storage contains is later.
    if (isElsewhere && readStorage()) return
    sending?.abort()
    // Where the storage does not work, the sign-out may be later. It is sent again, and ends no other session than its own.
    if (isElsewhere && !isStored && getSessionId()) return
    pending = null
    tryOrUndefined(() => platform.localStorage.removeItem(key))
  }

  const getSessionId = (): string | undefined => {
    const stored = readStorage()
    pending = receiveStoredSignOut(pending, stored === null && !isStored ? undefined : stored)
    return pending ? (/session_id=([^&]*)/.exec(pending.query)?.[1] ?? '') : undefined
  }

  const sendIfDue = (online: boolean): void => {
    const sessionId = getSessionId()
    const next = startSignOutIfDue(pending, now(), online)
    if (!next || next === pending) return
    pending = next
    const { query, isAdopted, failureCount } = next
    sending = new AbortController()
    sendBffRequest(platform, 'DELETE', basePath, sessionPath + query, sending.signal).then(
      () => {
        // Another page may have stored a later one.
        if ((readStorage() ?? query) !== query) return
        cancel()
        onConfirmed(sessionId!, isAdopted)
      },
      (error: AuthError) => {
        const [delay] = getRetryDelaysMs(error, failureCount, platform.Math.random())
        pending = receiveSignOutError(pending, query, now() + delay)
        onFailed()
      },
    )
  }

  return {
    request: (sessionId, everywhere) => {
      const pendingId = getSessionId()
      // The request names the session, so that it cannot end a later one when it is delayed. Of two that are pending,
      // it ends the one that the cookie identifies.
      const id = pendingId === undefined || pendingId === sessionId ? sessionId : ''
      const isEverywhere = everywhere || pending?.query.endsWith('everywhere')
      const query = `?session_id=${id}${isEverywhere ? '&everywhere' : ''}`
      pending = createPendingSignOut(query)
      isStored = Boolean(tryOrUndefined(() => [platform.localStorage.setItem(key, query)]))
      sendIfDue(false)
    },
    getSessionId,
    sendIfDue,
    pause: () => sending?.abort(),
    cancel,
    getNextTime: () => pending?.nextAttemptAt ?? Infinity,
  }
}
