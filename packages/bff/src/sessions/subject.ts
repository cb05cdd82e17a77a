import { createHash } from 'node:crypto'

/** Derives the opaque name of a user, the same at every sign-in: a hash of the provider and the user's id or username. */
export function deriveSubject(
  providerKey: string,
  user: Record<string, unknown> | null,
  username: string,
): string {
  const id = user?.['sub'] ?? user?.['id']
  const identity =
    typeof id === 'string' || typeof id === 'number' ? ['id', String(id)] : ['username', username]
  return createHash('sha256')
    .update(JSON.stringify([providerKey, ...identity]))
    .digest('base64url')
}
