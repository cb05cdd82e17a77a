import type { AuthError } from './errors.ts'
import type { Platform } from './platform.ts'

/**
 * Returns the milliseconds until the next attempt: exponential backoff from one second to one minute with full jitter,
 * so that many clients do not come back together, and at least the `Retry-After` of the server. The minimum of 250 ms
 * prevents a request loop when the random number is 0.
 *
 * @param failures how many requests in a row have failed
 * @param random a number in [0, 1)
 */
export function getRetryDelayMs(error: AuthError, failures: number, random: number): number {
  return Math.max(250, (error.retryAfter ?? 0) * 1000, random * Math.min(60_000, 1000 * 2 ** failures))
}

/** Parses the seconds of a `Retry-After` header, which is a number or an HTTP date (RFC 9110 §10.2.3). */
export function parseRetryAfter(header: string | null, { Date }: Platform): number | undefined {
  const seconds = Number(header || NaN)
  // Without a header this parses "null", which is not a date.
  const wait = seconds >= 0 ? seconds : (Date.parse(header as string) - Date.now()) / 1000
  return wait >= 0 ? wait : undefined
}
