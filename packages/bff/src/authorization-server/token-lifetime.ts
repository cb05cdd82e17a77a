import { maxLifetimeSeconds } from '@latchkey/wire'
import { getByPointer } from '../json.ts'
import { decodeJwtPayload } from '../jwt.ts'
import type { Provider } from '../description/provider-description.ts'

/**
 * Parses the lifetime of a token in seconds since the token request was sent, from the first usable source; `null` when
 * no source is usable. At most {@link maxLifetimeSeconds}; 0 for a token that has already expired.
 *
 * @param sentAt milliseconds since 1970
 */
export function parseLifetime(
  body: unknown,
  accessToken: string,
  sources: Provider['response']['expiry'],
  sentAt: number,
): number | null {
  for (const source of sources) {
    const seconds =
      source === 'jwt-exp'
        ? secondsAfter(parseNumber(decodeJwtPayload(accessToken)['exp']), 1, sentAt)
        : 'seconds' in source
          ? source.seconds
          : parseExpiry(getByPointer(body, source.from), source.as, sentAt)
    if (seconds !== null) return Math.min(Math.max(seconds, 0), maxLifetimeSeconds)
  }
  return null
}

type Unit = Extract<Provider['response']['expiry'][number], { from: string }>['as']

function parseExpiry(value: unknown, as: Unit, sentAt: number): number | null {
  switch (as) {
    case 'seconds':
      return parseNumber(value)
    case 'ms':
      return divide(parseNumber(value), 1000)
    case 'epoch-s':
      return secondsAfter(parseNumber(value), 1, sentAt)
    case 'epoch-ms':
      return secondsAfter(parseNumber(value), 1000, sentAt)
    case 'iso':
      // A date without an offset would be read in the time zone of this machine.
      return secondsAfter(parseDate(value, /^\d{4}-\d\d-\d\dT.+(Z|[+-]\d\d:?\d\d)$/), 1000, sentAt)
    case 'http-date':
      return secondsAfter(parseDate(value, /^[A-Z][a-z]{2}, .+ (GMT|UTC)$/), 1000, sentAt)
  }
}

/** Parses a non-negative number, or a string of digits, which several servers send (RFC 6749 appendix A.14). */
function parseNumber(value: unknown): number | null {
  const number = typeof value === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value
  return typeof number === 'number' && number >= 0 ? number : null
}

function divide(value: number | null, unitsPerSecond: number): number | null {
  return value === null ? null : value / unitsPerSecond
}

function secondsAfter(value: number | null, unitsPerSecond: number, sentAt: number): number | null {
  return value === null ? null : value / unitsPerSecond - sentAt / 1000
}

function parseDate(value: unknown, pattern: RegExp): number | null {
  const milliseconds = typeof value === 'string' && pattern.test(value) ? Date.parse(value) : NaN
  return Number.isNaN(milliseconds) ? null : milliseconds
}
