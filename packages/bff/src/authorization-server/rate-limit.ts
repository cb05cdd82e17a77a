import type { Provider } from '../description/provider-description.ts'
import { longestWait } from './upstream.ts'

/**
 * Seconds that a server asks to wait: what `Retry-After` says, as it was read, or the header that the description names;
 * `null` when it asks nothing.
 */
export function waitFrom(
  { retryAfter, headers }: { retryAfter: number | null; headers: Headers },
  { rateLimit }: Provider['resource'],
): number | null {
  if (retryAfter !== null || !rateLimit) return retryAfter
  const value = headers.get(rateLimit.header) ?? ''
  if (!/^\d+$/.test(value)) return null
  return Math.min(Math.ceil(Number(value) / (rateLimit.unit === 's' ? 1 : 1000)), longestWait)
}
