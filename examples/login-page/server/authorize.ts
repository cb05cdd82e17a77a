import type { BffOptions } from '@latchkey/bff'

/**
 * FOR THIS EXAMPLE ONLY: admits every request to `localhost`, and no other.
 *
 * An admitted caller can read everything that the organization has at Classy, and a `Host` header proves nothing: any
 * client can send any host. YOUR APPLICATION CHECKS ITS OWN SESSION HERE (its cookie, its database) and returns that
 * user, or `null`.
 */
export const authorizeLocalhost: NonNullable<BffOptions['authorize']> = ({ url }) =>
  ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname)
    ? { subject: 'developer', user: { name: 'Developer' } }
    : null
