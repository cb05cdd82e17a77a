import { describe, expect, it } from 'vitest'
import { parseLifetime } from '../src/authorization-server/token-lifetime.ts'

const sentAt = Date.parse('2026-01-01T00:00:00Z')
const hourLater = sentAt / 1000 + 3600
/** The maxSeconds lifetime that is accepted: 366 days. */
const maxSeconds = 31_622_400

type Sources = Parameters<typeof parseLifetime>[2]

function lifetime(value: unknown, ...sources: Sources): number | null {
  return parseLifetime({ at: value }, '', sources, sentAt)
}

const jwt = (claims: unknown): string =>
  `${btoa('{"alg":"none"}')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`

describe('parseLifetime', () => {
  it.each([
    ['seconds', 3599, 3599],
    ['seconds', 3599.7, 3599.7],
    ['seconds', '3599', 3599],
    ['seconds', ' 3599 ', 3599],
    ['seconds', '3599.5', 3599.5],
    ['seconds', 0, 0],
    ['seconds', '0', 0],
    ['seconds', 2_592_000, 2_592_000],
    ['seconds', 1e15, maxSeconds],
    ['seconds', '1000000000000000', maxSeconds],
    ['seconds', Infinity, maxSeconds],
    ['seconds', Number.MAX_SAFE_INTEGER, maxSeconds],
    ['ms', 900_000, 900],
    ['ms', '900000', 900],
    ['epoch-s', hourLater, 3600],
    ['epoch-s', String(hourLater), 3600],
    ['epoch-s', hourLater - 7200, 0],
    ['epoch-ms', hourLater * 1000, 3600],
    ['epoch-ms', hourLater, 0],
    ['iso', '2026-01-01T01:00:00Z', 3600],
    ['iso', '2026-01-01T01:00:00.500Z', 3600.5],
    ['iso', '2026-01-01T03:00:00+02:00', 3600],
    ['iso', '2026-01-01T03:00:00+0200', 3600],
    ['iso', '2025-12-31T23:00:00Z', 0],
    ['iso', '9999-12-31T23:59:59Z', maxSeconds],
    ['http-date', 'Thu, 01 Jan 2026 01:00:00 GMT', 3600],
    ['http-date', 'Wed, 31 Dec 2025 01:00:00 GMT', 0],
  ] as const)('reads %s from %j as %d s', (as, value, seconds) => {
    expect(lifetime(value, { from: '/at', as })).toBeCloseTo(seconds, 6)
  })

  it.each([
    ['seconds', undefined],
    ['seconds', null],
    ['seconds', ''],
    ['seconds', ' '],
    ['seconds', -1],
    ['seconds', '-1'],
    ['seconds', '3599s'],
    ['seconds', '1h'],
    ['seconds', '0x10'],
    ['seconds', '1e3'],
    ['seconds', '2030-01-01T00:00:00Z'],
    ['seconds', NaN],
    ['seconds', true],
    ['seconds', [3599]],
    ['seconds', { value: 3599 }],
    ['ms', '15m'],
    ['epoch-s', 'tomorrow'],
    ['epoch-s', -1],
    ['iso', hourLater],
    ['iso', '2026-01-01'],
    ['iso', '2026-01-01T01:00:00'],
    ['iso', '2026-13-01T01:00:00Z'],
    ['iso', 'Thu, 01 Jan 2026 01:00:00 GMT'],
    ['http-date', '2026-01-01T01:00:00Z'],
    ['http-date', 'Thu, 01 Jan 2026 01:00:00'],
    ['http-date', 'Thu, some day GMT'],
  ] as const)('does not read %s from %j', (as, value) => {
    expect(lifetime(value, { from: '/at', as })).toBeNull()
  })

  it('uses the first usable source, in the order of the description', () => {
    const at = (from: string): Sources[number] => ({ from, as: 'seconds' })
    const from = (body: object, ...sources: Sources): number | null =>
      parseLifetime(body, '', sources, sentAt)
    expect(from({ a: 'soon', b: 20, c: 30 }, at('/a'), at('/b'), at('/c'))).toBe(20)
    expect(from({ a: 0, b: 20 }, at('/a'), at('/b'))).toBe(0)
    expect(from({ a: 'soon' }, at('/a'), { seconds: 1200 })).toBe(1200)
    expect(from({ a: 10 }, at('/a'), { seconds: 1200 })).toBe(10)
    expect(from({ data: { expires: 70 } }, at('/data/expires'))).toBe(70)
    expect(from({ a: 10 })).toBeNull()
  })

  it('reads the exp of a JWT, and nothing from any other token', () => {
    const from = (accessToken: string): number | null => parseLifetime({}, accessToken, ['jwt-exp'], sentAt)
    expect(from(jwt({ exp: hourLater }))).toBe(3600)
    expect(from(jwt({ exp: hourLater - 7200 }))).toBe(0)
    expect(from(jwt({ exp: 'never' }))).toBeNull()
    for (const token of ['', 'opaque', 'a.b.c', jwt({}), jwt([hourLater]), jwt(null)])
      expect(from(token)).toBeNull()
  })

  it('uses a fixed lifetime, limited like any other', () => {
    expect(lifetime(undefined, { seconds: 60 })).toBe(60)
    expect(lifetime(undefined, { seconds: maxSeconds + 1 })).toBe(maxSeconds)
  })
})
