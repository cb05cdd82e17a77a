import type { AuthError } from './errors.ts'
import type { Platform } from './platform.ts'

/**
 * Returns the milliseconds until the next attempt: of the timer, and of a caller that needs a token. Both are at least
 * the `Retry-After` of the server, and that at most ten minutes: maintenance pages send a day.
 *
 * The timer runs in every open page: exponential backoff from one second to one minute with full jitter, so that many
 * clients do not come back together. The minimum of 250 ms prevents a request loop when the random number is 0.
 *
 * A caller waits 250 ms after the first failure and twice as long after each further one, at most 30 seconds. So it is
 * served within half a second after a single failure, and after an outage within about the length of that outage.
 *
 * @param failures how many requests in a row have failed
 * @param random a number in [0, 1)
 */
export function getRetryDelaysMs(
  { retryAfter = 0 }: AuthError,
  failures: number,
  random: number,
): [timer: number, caller: number] {
  const delays = [
    Math.max(250, random * Math.min(60_000, 1000 * 2 ** failures)),
    Math.min(30_000, 250 * 2 ** failures),
  ]
  return delays.map((delay) => Math.max(delay, Math.min(600, retryAfter) * 1000)) as [number, number]
}

/** Parses the seconds of a `Retry-After` header, which is a number or an HTTP date (RFC 9110 §10.2.3). */
export function parseRetryAfter(header: string | null, { Date }: Platform): number | undefined {
  const seconds = Number(header || NaN)
  // Without a header this parses "null", which is not a date.
  const wait = seconds >= 0 ? seconds : (Date.parse(header as string) - Date.now()) / 1000
  return wait >= 0 ? wait : undefined
}
