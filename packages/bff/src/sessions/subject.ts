import { createHash } from 'node:crypto'

/**
 * Derives the opaque name of a user, the same at every sign-in: a hash of the provider and the user's id. Without an id
 * it is that of the username without case, width and surrounding spaces (RFC 8265 §3.3, UsernameCaseMapped).
 */
export function deriveSubject(
  providerKey: string,
  user: Record<string, unknown> | null,
  username: string,
): string {
  const id = user?.['sub'] ?? user?.['id']
  const identity =
    typeof id === 'string' || typeof id === 'number'
      ? ['id', String(id)]
      : ['username', foldUsername(username)]
  return createHash('sha256')
    .update(JSON.stringify([providerKey, ...identity]))
    .digest('base64url')
}

function foldUsername(username: string): string {
  return username.normalize('NFKC').trim().toLowerCase().normalize('NFC')
}
