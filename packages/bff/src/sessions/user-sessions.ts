import type { EndCause, EndedSession } from '../events/audit-log.ts'
import type { ListedRecord, Store, StoredRecord } from '../stores/store.ts'
import type { Present } from './moments.ts'
import { isOver } from './moments.ts'
import { deriveSessionId } from './seal.ts'
import { retentionMs, tooManySessionsName } from './session-end.ts'

/** Records that a sign-in ends or removes at most, where a user has more than allowed. */
const maxChangedAtOnce = 100

/** Creates the name under which a store lists the sessions of one user. */
export function createUserIndexName(subject: string): string {
  return `user:${subject}`
}

/** Lists the records of a user's sessions, oldest first, those of ended sessions included. */
export function listUserRecords(store: Store, subject: string, maxSessions: number): Promise<ListedRecord[]> {
  return store.listByIndexName(createUserIndexName(subject), 2 * maxSessions + maxChangedAtOnce)
}

/** Is called with each session that has ended, after the store knows it. */
export type OnSessionEnded = (session: EndedSession, cause: EndCause) => void

/**
 * Makes room for a new session of a user: ends the oldest sessions, and removes the oldest records of ended sessions
 * where there are as many as a user may have sessions. Only the browser of a session can open its record, which
 * therefore stays as it is: an index name says that it has ended.
 */
export async function endOldestSessions(
  store: Store,
  subject: string,
  maxSessions: number,
  present: Present,
  onEnded: OnSessionEnded,
): Promise<void> {
  const reportEnd = (key: string): void =>
    onEnded({ sessionId: deriveSessionId(key), subject }, { reason: 'too_many_sessions' })
  const listed = await listUserRecords(store, subject, maxSessions)
  const isLive = ({ expiresAt }: ListedRecord): boolean => !isOver(expiresAt - retentionMs, present)
  const live = listed.filter(isLive)
  const ending = live.slice(0, Math.max(0, live.length - maxSessions + 1))
  const ended = [...listed.filter((record) => !isLive(record)), ...ending]
  const removed = ended.slice(0, Math.max(0, ended.length - maxSessions))
  await Promise.all([
    ...removed.map(async (record) => {
      await store.remove(record.key)
      if (ending.includes(record)) reportEnd(record.key)
    }),
    ...ending
      .filter((record) => !removed.includes(record))
      .map(async ({ key }) => {
        if (await endSession(store, key, present)) reportEnd(key)
      }),
  ])
}

/** Marks a record, again and again while its session is in use; `false` when it has ended already. */
async function endSession(store: Store, key: string, { earliest }: Present): Promise<boolean> {
  for (;;) {
    const record = await store.read(key)
    if (record === null || record.indexNames.includes(tooManySessionsName)) return false
    const next: StoredRecord = {
      ...record,
      indexNames: [...record.indexNames, tooManySessionsName],
      version: record.version + 1,
      // Ended records are removed first.
      expiresAt: Math.min(record.expiresAt, earliest + retentionMs),
    }
    if (await store.replace(key, next, record.version)) return true
  }
}
