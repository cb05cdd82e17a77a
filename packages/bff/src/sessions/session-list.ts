import type { EndCause } from '../events/audit-log.ts'
import type { Store } from '../stores/store.ts'
import type { SessionClock } from './moments.ts'
import { isOver } from './moments.ts'
import type { OpenStreams } from './open-streams.ts'
import { deriveSessionId } from './seal.ts'
import { retentionMs } from './session-end.ts'
import type { OnSessionEnded } from './user-sessions.ts'
import { createUserIndexName, listUserRecords } from './user-sessions.ts'

/** A session as the store knows it without its cookie. Moments are milliseconds since 1970. */
export interface UserSession {
  /** The public id of the session. */
  id: string
  /** When the user signed in. */
  signedInAt: number
  /** When the session ends without further use. It may end before, with its refresh token. */
  expiresAt: number
}

/** The sessions of users by subject, of which the BFF has no cookie. Their tokens cannot be revoked: they are sealed. */
export interface SessionList {
  /** Lists the sessions that have not ended, oldest first. */
  list(subject: string): Promise<UserSession[]>
  /** Ends the session with this id; `false` when this user has none. */
  end(subject: string, id: string, cause: EndCause): Promise<boolean>
  /** Ends all sessions but the one with this id. */
  endOthers(subject: string, id: string, cause: EndCause): Promise<void>
  /** Ends all sessions. */
  endAll(subject: string, cause: EndCause): Promise<void>
}

/** @param maxSessions how many sessions a user may have */
export function createSessionList(
  store: Store,
  maxSessions: number,
  openStreams: OpenStreams,
  clock: SessionClock,
  onEnded: OnSessionEnded,
): SessionList {
  return {
    list: async (subject) =>
      (await listEntries(subject)).map(({ id, signedInAt, expiresAt }) => ({ id, signedInAt, expiresAt })),
    async end(subject, id, cause) {
      const entry = (await listEntries(subject)).find((other) => other.id === id)
      if (entry) await remove(subject, entry, cause)
      return entry !== undefined
    },
    async endOthers(subject, id, cause) {
      const others = (await listEntries(subject)).filter((entry) => entry.id !== id)
      await Promise.all(others.map((entry) => remove(subject, entry, cause)))
    },
    async endAll(subject, cause) {
      const entries = await listEntries(subject)
      await store.removeByIndexName(createUserIndexName(subject))
      openStreams.endBySubject(subject)
      for (const { id } of entries) onEnded({ sessionId: id, subject }, cause)
    },
  }

  async function listEntries(subject: string): Promise<(UserSession & { key: string })[]> {
    const records = await listUserRecords(store, subject, maxSessions)
    const present = clock.read()
    return records
      .map(({ key, insertedAt, expiresAt }) => ({
        key,
        id: deriveSessionId(key),
        signedInAt: insertedAt,
        expiresAt: expiresAt - retentionMs,
      }))
      .filter(({ expiresAt }) => !isOver(expiresAt, present))
  }

  async function remove(
    subject: string,
    { id, key }: { id: string; key: string },
    cause: EndCause,
  ): Promise<void> {
    await store.remove(key)
    openStreams.endByKey(key, 'no_session')
    onEnded({ sessionId: id, subject }, cause)
  }
}
