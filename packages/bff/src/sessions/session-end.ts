import type { LoginRequiredReason } from '@latchkey/wire'
import { BffError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { StoredRecord } from '../stores/store.ts'
import type { Present } from './moments.ts'
import { canBeOver, confirmationSeconds, isOver } from './moments.ts'
import type { SessionData } from './session-data.ts'

/** The limits of a session; times are in seconds. */
export interface SessionLimits {
  /** Since the last use. */
  idle: number
  /** Since the sign-in. */
  absolute: number
  /** How many sessions a user may have; a sign-in beyond that ends the oldest. */
  perUser: number
}

/**
 * Milliseconds for which a record outlives its session: late pages get the reason, and a store that removes expired
 * records by a wrong clock removes no session.
 */
export const retentionMs = 86_400_000

/** The reasons for which a session ends without an act of a person. */
export type OwnEndReason = Exclude<LoginRequiredReason, 'no_session' | 'session_changed'>

/** The index name of a session that ended because its user has too many, until its browser opens its record. */
export const tooManySessionsName = 'ended:too_many_sessions'

interface StoredSession {
  data: SessionData
  record: StoredRecord
}

/** Returns when a session ends without further use: at its limits or when its refresh token expires. */
export function getSessionEnd({ data, record }: StoredSession): number {
  return Math.min(record.expiresAt - retentionMs, data.refreshTokenExpiresAt ?? Infinity)
}

/** Returns when a session ends that is used now and not again; its refresh token may expire before. */
export function getEndAfterUse(data: SessionData, limits: SessionLimits, { latest }: Present): number {
  return Math.min(latest + limits.idle * 1000, getAbsoluteEnd(data, limits))
}

/**
 * Finds the limit that a session has reached, or the reason for which it was ended in its absence; `null` without one.
 *
 * @throws BffError `temporarily_unavailable` while the clock of this machine leaves that open
 */
export function findEndReason(
  { data, record }: StoredSession,
  limits: SessionLimits,
  present: Present,
): OwnEndReason | null {
  if (record.indexNames.includes(tooManySessionsName)) return 'too_many_sessions'
  // Most sessions.
  if (!canBeOver(Math.min(getAbsoluteEnd(data, limits), getSessionEnd({ data, record })), present))
    return null
  const ends: [OwnEndReason, number][] = [
    ['absolute', getAbsoluteEnd(data, limits)],
    ['idle', record.expiresAt - retentionMs],
    ['no_refresh', data.refreshTokenExpiresAt ?? Infinity],
  ]
  // The first that was reached, so that the reason stays the same when a later one is reached too.
  const [first] = ends.filter(([, moment]) => isOver(moment, present)).toSorted((a, b) => a[1] - b[1])
  if (first) return first[0]
  throw new BffError('temporarily_unavailable', 'The clock of the server has changed', {
    retryAfter: confirmationSeconds,
  })
}

function getAbsoluteEnd({ startedAt }: SessionData, { absolute }: SessionLimits): number {
  return startedAt + absolute * 1000
}

/** What happened, for the response and for the log. */
export const messageByReason: Readonly<Record<LoginRequiredReason, string>> = {
  no_session: 'The request has no cookie of a known session',
  idle: 'The session has ended: it was unused for too long',
  absolute: 'The session has ended: it reached its maximum age',
  refresh_rejected: 'The session has ended: the authorization server rejected the refresh',
  no_refresh: 'The session has ended: its token is not valid any more and cannot be refreshed',
  refresh_lost: 'The session has ended: the response to a refresh was lost',
  too_many_sessions:
    'The session has ended: its user has signed in elsewhere, and has more sessions than allowed',
  session_changed: 'The browser has another session than the one in the request',
}

/** Logs that a session ended by itself. */
export function logSessionEnd(logger: Logger, reason: LoginRequiredReason): void {
  const line = `${messageByReason[reason]} (${reason}).`
  if (reason === 'refresh_lost')
    logger.warn(
      `${line} Check the network to the authorization server, and that processes end with SIGTERM and close().`,
    )
  else logger[reason === 'refresh_rejected' ? 'warn' : 'info'](line)
}
