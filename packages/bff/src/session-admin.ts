import type { EndCause } from './events/audit-log.ts'
import type { SessionList, UserSession } from './sessions/session-list.ts'
import { deriveSubject } from './sessions/subject.ts'

/**
 * A user: by the opaque `subject` of a session; by the `sub` or `id` that the provider returns; or, where it returns none,
 * by the username.
 */
export type UserReference = { subject: string } | { id: string | number } | { username: string }

/**
 * The sessions of any user, for code of the deployer, for example when an account is closed. An ended session is gone at
 * once in all processes. Its tokens are encrypted under its cookie, so they cannot be revoked: they expire at the
 * authorization server. Every method throws `temporarily_unavailable` when the store fails.
 */
export interface SessionAdmin {
  /** Lists the sessions of a user, oldest first. */
  list(user: UserReference): Promise<UserSession[]>
  /** Ends one session of a user; resolves to `false` when the user has none with this id. */
  endSession(user: UserReference, sessionId: string): Promise<boolean>
  /** Ends all sessions of a user. */
  endUser(user: UserReference): Promise<void>
}

const cause: EndCause = { reason: 'ended_by_admin' }

export function createSessionAdmin(sessionList: SessionList, providerKey: string): SessionAdmin {
  return {
    list: async (user) => sessionList.list(resolveSubject(user)),
    endSession: async (user, sessionId) => sessionList.end(resolveSubject(user), sessionId, cause),
    endUser: async (user) => sessionList.endAll(resolveSubject(user), cause),
  }

  function resolveSubject(user: UserReference): string {
    if ('subject' in user) return user.subject
    return 'id' in user
      ? deriveSubject(providerKey, { id: user.id }, '')
      : deriveSubject(providerKey, null, user.username)
  }
}
