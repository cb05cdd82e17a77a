import type { BffOptions } from '@latchkey/bff'

/**
 * FOR THIS EXAMPLE ONLY: lets in whoever asks for `localhost`, and nobody else.
 *
 * What it lets in reads all that the organization has at Classy, and a `Host` header proves nothing: anybody can send
 * one. YOUR APPLICATION LOOKS AT ITS OWN SESSION HERE (its cookie, its headers, its database), and answers with who that
 * is, or with `null`.
 */
export const authorizeLocalhost: NonNullable<BffOptions['authorize']> = ({ url }) =>
  ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname)
    ? { subject: 'developer', user: { name: 'Developer' } }
    : null
