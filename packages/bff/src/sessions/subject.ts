import { createHash } from 'node:crypto'

/** The same for every sign-in of one user, and nothing can be read out of it but by who knows the user's name. */
export function deriveSubject(
  providerKey: string,
  user: Record<string, unknown> | null,
  username: string,
): string {
  const id = user?.['sub'] ?? user?.['id']
  const caller =
    typeof id === 'string' || typeof id === 'number' ? ['id', String(id)] : ['username', username]
  return createHash('sha256')
    .update(JSON.stringify([providerKey, ...caller]))
    .digest('base64url')
}
