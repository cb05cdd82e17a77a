import type { Provider } from '../description/provider-description.ts'

/** Seconds that a server is believed at most when it asks us to wait. */
const maxRetryAfterSeconds = 86_400

/** Seconds that a `Retry-After` header asks for, in both of its forms (RFC 9110 §10.2.3). */
export function parseRetryAfter(header: string | null, now: number): number | null {
  if (header === null) return null
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - now) / 1000
  return Number.isFinite(seconds) ? Math.min(Math.max(Math.ceil(seconds), 0), maxRetryAfterSeconds) : null
}

/**
 * Seconds that a server asks to wait: what `Retry-After` says, as it was read, or the header that the description names;
 * `null` when it asks nothing.
 */
export function getRetryAfterSeconds(
  { retryAfter, headers }: { retryAfter: number | null; headers: Headers },
  { rateLimit }: Provider['resource'],
): number | null {
  if (retryAfter !== null || !rateLimit) return retryAfter
  const value = headers.get(rateLimit.header) ?? ''
  if (!/^\d+$/.test(value)) return null
  return Math.min(Math.ceil(Number(value) / (rateLimit.unit === 's' ? 1 : 1000)), maxRetryAfterSeconds)
}
