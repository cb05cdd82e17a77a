import type { AuthError } from './errors.ts'

const firstStep = 1_000
const longestStep = 60_000
/** Chance may say "at once"; an outage is no time for a loop. */
const shortestDelay = 250

/**
 * Milliseconds until the next try after so many failures in a row: what the server asked for, else
 * exponential back-off with full jitter, so that many clients do not come back together.
 */
export function retryDelay(error: AuthError, failures: number, random: number): number {
  if (error.retryAfter !== undefined) return Math.max(shortestDelay, error.retryAfter * 1000)
  return Math.max(shortestDelay, random * Math.min(longestStep, firstStep * 2 ** failures))
}

/** Seconds that a `Retry-After` header asks for, in both of its forms (RFC 9110 §10.2.3). */
export function retryAfterFrom(header: string | null, wallNow: number): number | undefined {
  if (header === null) return undefined
  const seconds = /^\s*\d+\s*$/.test(header) ? Number(header) : (Date.parse(header) - wallNow) / 1000
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds)
}
