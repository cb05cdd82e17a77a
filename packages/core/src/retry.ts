import type { AuthError } from './errors.ts'
import type { Platform } from './platform.ts'

/**
 * Milliseconds until the next try after so many failures in a row: exponential back-off from a second to a
 * minute with full jitter, so that many clients do not come back together, and not before the server said.
 * Never less than a quarter of a second: chance may say "at once", and that would be a loop.
 */
export function getRetryDelayMs(error: AuthError, failures: number, random: number): number {
  return Math.max(250, (error.retryAfter ?? 0) * 1000, random * Math.min(60_000, 1000 * 2 ** failures))
}

/** Seconds that a `Retry-After` header asks for, in both of its forms (RFC 9110 §10.2.3). */
export function parseRetryAfter(header: string | null, { Date }: Platform): number | undefined {
  const seconds = Number(header || NaN)
  // Without a header this reads "null", which is no date.
  const wait = seconds >= 0 ? seconds : (Date.parse(header as string) - Date.now()) / 1000
  return wait >= 0 ? wait : undefined
}
