import type { SessionData } from './session-data.ts'

/** Bytes of the user object as JSON: every session stores it, and every session response contains it. */
export const maxUserBytes = 32_768

/** Returns the bytes of a user object as JSON. */
export function getUserBytes(user: SessionData['user']): number {
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
