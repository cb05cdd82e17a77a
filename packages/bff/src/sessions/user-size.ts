import { BffError } from '../errors.ts'
import type { SessionData } from './session-data.ts'

/** Bytes of the user object as JSON: every session stores it, and every session response contains it. */
export const maxUserBytes = 32_768

/** Returns the bytes of a user object as JSON. */
function getUserBytes(user: SessionData['user']): number {
  return Buffer.byteLength(JSON.stringify(user))
}

/** Adds what a refresh says about the user, unless the user would have more than {@link maxUserBytes}. */
export function withUserChanges(
  user: SessionData['user'],
  changes: SessionData['user'],
): SessionData['user'] {
  return getExcessiveUserBytes(user, changes) === null ? mergeUser(user, changes) : user
}

/** Returns the bytes that the user would have with the changes, when that is too much to store; `null` otherwise. */
export function getExcessiveUserBytes(
  user: SessionData['user'],
  changes: SessionData['user'],
): number | null {
  if (!changes) return null
  const byteLength = getUserBytes(mergeUser(user, changes))
  return byteLength <= maxUserBytes ? null : byteLength
}

function mergeUser(user: SessionData['user'], changes: SessionData['user']): SessionData['user'] {
  return changes ? { ...user, ...changes } : user
}

/** @throws BffError `server_error` when the user of a new session is too large */
export function assertUserSize({ user }: Pick<SessionData, 'user'>): void {
  const byteLength = getUserBytes(user)
  if (byteLength <= maxUserBytes) return
  throw new BffError('server_error', 'The authorization server describes the user with too much data', {
    status: 502,
    hint:
      `Sign-in failed with 502: the user has ${byteLength} bytes, and a session stores at most ${maxUserBytes}. Tokens ` +
      'revoked. Let response.user and response.extraUserFields of the provider name a smaller part of the response, or ' +
      'reduce the claims of the ID Token at the authorization server.',
  })
}
