import type { Provider } from '../description/provider-description.ts'

/** A longer wait is cut to this many seconds. */
const maxRetryAfterSeconds = 86_400

/**
 * Parses a `Retry-After` header in either form (RFC 9110 §10.2.3) to seconds; `null` when it is absent or invalid.
 *
 * @param now milliseconds since 1970
 */
export function parseRetryAfter(header: string | null, now: number): number | null {
  if (header === null) return null
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - now) / 1000
  return Number.isFinite(seconds) ? Math.min(Math.max(Math.ceil(seconds), 0), maxRetryAfterSeconds) : null
}

/**
 * Returns the seconds to wait: from `Retry-After`, else from the header that the description names; `null` without
 * either.
 */
export function getRetryAfterSeconds(
  { retryAfter, headers }: { retryAfter: number | null; headers: Pick<Headers, 'get'> },
  { rateLimit }: Provider['resource'],
): number | null {
  if (retryAfter !== null || !rateLimit) return retryAfter
  const value = headers.get(rateLimit.header) ?? ''
  if (!/^\d+$/.test(value)) return null
  return Math.min(Math.ceil(Number(value) / (rateLimit.unit === 's' ? 1 : 1000)), maxRetryAfterSeconds)
}
