import { maxLifetimeSeconds } from '@latchkey/wire'
import { getByPointer } from '../json.ts'
import { decodeJwtPayload } from '../jwt.ts'
import type { Provider } from '../description/provider-description.ts'

/**
 * Seconds that a token lives from the moment it was asked for, as the first source that can be used tells; `null` when
 * none can. Nothing lives longer than {@link maxLifetimeSeconds}, and what has ended already has 0.
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
        ? secondsAfter(number(decodeJwtPayload(accessToken)['exp']), 1, sentAt)
        : 'seconds' in source
          ? source.seconds
          : parseExpiry(getByPointer(body, source.from), source.as, sentAt)
    if (seconds !== null) return Math.min(Math.max(seconds, 0), maxLifetimeSeconds)
  }
  return null
}

type Kind = Extract<Provider['response']['expiry'][number], { from: string }>['as']

function parseExpiry(value: unknown, as: Kind, sentAt: number): number | null {
  switch (as) {
    case 'seconds':
      return number(value)
    case 'ms':
      return scaled(number(value), 1000)
    case 'epoch-s':
      return secondsAfter(number(value), 1, sentAt)
    case 'epoch-ms':
      return secondsAfter(number(value), 1000, sentAt)
    case 'iso':
      // Without an offset it would be read in the time zone of this machine.
      return secondsAfter(parseDate(value, /^\d{4}-\d\d-\d\dT.+(Z|[+-]\d\d:?\d\d)$/), 1000, sentAt)
    case 'http-date':
      return secondsAfter(parseDate(value, /^[A-Z][a-z]{2}, .+ (GMT|UTC)$/), 1000, sentAt)
  }
}

/** A number, or a text of digits as several servers send it; never negative. RFC 6749 appendix A.14. */
function number(value: unknown): number | null {
  const found = typeof value === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value
  return typeof found === 'number' && found >= 0 ? found : null
}

function scaled(value: number | null, unit: number): number | null {
  return value === null ? null : value / unit
}

function secondsAfter(value: number | null, unit: number, sentAt: number): number | null {
  return value === null ? null : value / unit - sentAt / 1000
}

function parseDate(value: unknown, shape: RegExp): number | null {
  const found = typeof value === 'string' && shape.test(value) ? Date.parse(value) : NaN
  return Number.isNaN(found) ? null : found
}
