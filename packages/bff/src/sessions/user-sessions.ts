import type { Store } from '../stores/store.ts'
import type { Present } from './moments.ts'
import { isOver } from './moments.ts'
import { retentionMs } from './session-end.ts'

/** Records that a sign-in removes at most, where a user has more than allowed. */
export const maxRemovedAtOnce = 100

/** Creates the name under which a store lists the sessions of one user. */
export function createUserIndexName(subject: string): string {
  return `user:${subject}`
}

/** Makes room for a new session of a user: removes the records of ended sessions first, then the oldest sessions. */
export async function removeOldestSessions(
  store: Store,
  subject: string,
  maxSessions: number,
  present: Present,
): Promise<void> {
  const listed = await store.listByIndexName(createUserIndexName(subject), maxSessions + maxRemovedAtOnce)
  const isLive = ({ expiresAt }: { expiresAt: number }): boolean => !isOver(expiresAt - retentionMs, present)
  const ordered = [...listed.filter((record) => !isLive(record)), ...listed.filter(isLive)]
  const excess = ordered.slice(0, Math.max(0, listed.length - maxSessions + 1))
  await Promise.all(excess.map(({ key }) => store.remove(key)))
}
