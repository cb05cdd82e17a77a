import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maxLifetimeSeconds } from '@latchkey/wire'
import { parseLifetime } from '../../src/authorization-server/token-lifetime.ts'
import { isWithinDepth, parseJson, getByPointer } from '../../src/json.ts'
import type { Provider } from '../../src/description/provider-description.ts'
import { parseOAuthChallenges } from '../../src/proxy/www-authenticate.ts'
import { fillTemplate, listPlaceholders } from '../../src/template.ts'
import { isPlainPath, isPlainQuery } from '../../src/plain-url.ts'
import { oddValue } from './server-responses.ts'
import { runs } from './runs.ts'

describe('a path or a query', () => {
  const parts = fc.constantFrom(
    ...[
      '/',
      '//',
      '.',
      '..',
      '/./',
      '%2e',
      '%2F',
      'a',
      'Z9',
      '~',
      '-',
      '_',
      ';',
      '@',
      ':',
      '=',
      '&',
      '+',
      ',',
      '!',
    ],
    ...[
      '$',
      "'",
      '(',
      ')',
      '*',
      '?',
      '#',
      '[',
      ']',
      '{',
      '}',
      '|',
      '^',
      '`',
      '\\',
      '"',
      '<',
      '>',
      ' ',
      '\t',
      'é',
    ],
  )
  const text = fc.array(parts, { maxLength: 8 }).map((list) => list.join(''))

  it('is plain only if the URL parser leaves it as it is', () => {
    const isKept = (path: string, query: string): boolean => {
      const { origin, pathname } = new URL(`https://api.example.com/${path.replace(/[?#].*/s, '')}`)
      const { search, hash } = new URL(`https://api.example.com/?${query}`)
      const isPathKept = origin === 'https://api.example.com' && pathname === `/${path}`
      const isQueryKept = search === `?${query}` && hash === ''
      return (!isPlainPath(`/${path}`) || isPathKept) && (!isPlainQuery(`?${query}`) || isQueryKept)
    }
    const lost: string[][] = []
    fc.assert(
      fc.property(text, text, (path, query) => {
        if (!isKept(path, query)) lost.push([path, query])
      }),
      runs(5000, 40),
    )
    expect(lost).toEqual([])
  })

  it.each(['/auth/session', '/api/items/1.json', '/a/b-c_d/~e/', '/a;b=c/d,e'])('%s is plain', (path) => {
    expect(isPlainPath(path)).toBe(true)
  })

  it.each(['/a/./b', '/a/..', '//host', '/a//b', '/a%62', '/a b', '/é', '', 'a'])(
    '%s is not plain',
    (path) => {
      expect(isPlainPath(path)).toBe(false)
    },
  )
})

const now = Date.parse('2026-01-01T00:00:00Z')
const often = runs(150)

/** Serializes a value with commas before closing brackets, and white space. */
function withCommas(value: unknown, space: () => string, comma: () => string): string {
  const serialize = (item: unknown): string => withCommas(item, space, comma)
  const join = (parts: string[]): string =>
    parts.join(`${space()},${space()}`) + (parts.length > 0 ? space() + comma() + space() : '')
  if (Array.isArray(value)) return `[${space()}${join(value.map(serialize))}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${space()}${join(Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}:${serialize(item)}`))}}`
}

const awkward = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(',}', ',]', '",}', '\\",]', '\\', '"', ',\n}', '[1,],', '{"a":1,}', '//', '\\\\"'),
)
const document = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    awkward,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    tie('list'),
    tie('object'),
  ),
  list: fc.array(tie('value'), { maxLength: 4 }),
  object: fc.dictionary(awkward, tie('value'), { maxKeys: 4 }),
})).object

describe('JSON with trailing commas', { timeout: 600_000 }, () => {
  const pick = <T>(values: T[], seed: number): (() => T) => {
    let turn = seed
    return () => values[(turn = (turn * 7 + 3) % 1009) % values.length] as T
  }

  it('is parsed as without them, and its strings stay unchanged', () => {
    fc.assert(
      fc.property(document, fc.nat(1000), (value, seed) => {
        const text = withCommas(value, pick(['', ' ', '\n', '\t\r\n '], seed), pick([',', ''], seed))
        expect(parseJson(text, 'trailing-commas')).toEqual(JSON.parse(JSON.stringify(value)))
      }),
      often,
    )
  })

  it('is rejected in the form strict', () => {
    fc.assert(
      fc.property(document, (value) => {
        const text = withCommas(
          value,
          () => '',
          () => ',',
        )
        const strict = parseJson(text, 'strict')
        if (text === JSON.stringify(value)) expect(strict).toEqual(JSON.parse(text))
        else expect(strict).toBeNull()
      }),
      often,
    )
  })

  it.each(['{"a":1,,}', '{,"a":1}', '[1,}', '{"a":1,"}', '{"a":,}', '{"a":1},', '{"a",}'])(
    'does not allow %s',
    (text) => {
      expect(parseJson(text, 'trailing-commas')).toBeNull()
    },
  )

  it.each([
    ['quotes after backslashes without an end', '\\"'.repeat(32_768)],
    ['an unterminated string with quotes in it', `"${'\\"'.repeat(32_000)}\\`],
    ['commas', ','.repeat(65_536)],
    ['brackets', '['.repeat(65_536)],
    ['white space after commas', `,${' '.repeat(254)}`.repeat(256)],
  ])('rejects %s within a second', (_, text) => {
    const startedAt = performance.now()
    expect(parseJson(text, 'trailing-commas')).toBeNull()
    expect(performance.now() - startedAt).toBeLessThan(1000)
  })
})

describe('parseJson of a random text', { timeout: 600_000 }, () => {
  it('returns an object, a string or null', () => {
    const text = fc.oneof(fc.json(), fc.string({ unit: 'binary' }), oddValue)
    fc.assert(
      fc.property(text, fc.constantFrom('strict', 'trailing-commas'), (input, form) => {
        const value = parseJson(input, form)
        expect(
          value === null ||
            typeof value === 'string' ||
            Object.prototype.toString.call(value) === '[object Object]',
        ).toBe(true)
      }),
      often,
    )
  })
})

describe('a JSON pointer', { timeout: 600_000 }, () => {
  const name = fc.oneof(
    fc.constantFrom('__proto__', 'constructor', 'toString', 'a/b', 'a~b', '~1', '~01', '0', 'length', ''),
    fc.string(),
  )
  const escape = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1')

  it('finds a member of any name, and no inherited member', () => {
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), fc.jsonValue(), (path, value) => {
        const text = path.reduceRight(
          (inner, part) => `{${JSON.stringify(part)}:${inner}}`,
          JSON.stringify(value),
        )
        const pointer = path.map((part) => `/${escape(part)}`).join('')
        expect(getByPointer(JSON.parse(text), pointer)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(getByPointer({}, pointer)).toBeUndefined()
        expect(getByPointer({ b: 'text' }, `/b${pointer}`)).toBeUndefined()
      }),
      often,
    )
  })

  it.each(['['.repeat(60_000) + ']'.repeat(60_000), `${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}`])(
    'does not matter for isWithinDepth, which stops at the limit',
    (text) => {
      expect(isWithinDepth(JSON.parse(text))).toBe(false)
      expect(isWithinDepth({ a: [{ b: null }], __proto__: null })).toBe(true)
    },
  )
})

describe('parseLifetime', { timeout: 600_000 }, () => {
  const kinds = ['seconds', 'ms', 'epoch-s', 'epoch-ms', 'iso', 'http-date'] as const
  const moments = fc.date({ noInvalidDate: false })
  const value = fc.oneof(
    oddValue,
    fc
      .oneof(
        fc.double().map(String),
        moments.map((date) => (Number.isNaN(date.valueOf()) ? 'Invalid Date' : date.toISOString())),
        moments.map((date) => date.toUTCString()),
        moments.map(String),
        fc.stringMatching(/^\d{4}-\d\d-\d\dT.{0,30}(Z|[+-]\d\d:?\d\d)?$/),
        fc.stringMatching(/^[A-Z][a-z]{2}, .{0,30} (GMT|UTC)$/),
      )
      .chain((text) => fc.constantFrom(JSON.stringify(text), /^-?\d+(\.\d+)?$/.test(text) ? text : 'null')),
  )
  const source: fc.Arbitrary<Provider['response']['expiry'][number]> = fc.oneof(
    fc.constantFrom(...kinds).map((as) => ({ from: '/x', as })),
    fc.constant('jwt-exp' as const),
  )

  it('is never negative or unlimited, and null rather than wrong', () => {
    fc.assert(
      fc.property(value, source, (text, from) => {
        const json: unknown = JSON.parse(text)
        const token = `a.${Buffer.from(`{"exp":${text}}`).toString('base64url')}.b`
        const seconds = parseLifetime({ x: json }, token, [from], now)
        if (seconds === null) return
        expect(seconds).toBeGreaterThanOrEqual(0)
        expect(seconds).toBeLessThanOrEqual(maxLifetimeSeconds)
        expect(['number', 'string']).toContain(typeof json)
        // JSON.parse reads 1e400 as Infinity, which is limited as well.
        if (typeof json === 'number') expect(json).toBeGreaterThanOrEqual(0)
      }),
      often,
    )
  })

  it('does not depend on the time zone', () => {
    const { TZ } = process.env
    try {
      fc.assert(
        fc.property(value, fc.constantFrom(...kinds), (text, as) => {
          const json: unknown = JSON.parse(text)
          const [here, there] = ['Pacific/Kiritimati', 'Pacific/Pago_Pago'].map((zone) => {
            process.env['TZ'] = zone
            return parseLifetime({ x: json }, '', [{ from: '/x', as }], now)
          })
          expect(here).toBe(there)
        }),
        often,
      )
    } finally {
      if (TZ === undefined) delete process.env['TZ']
      else process.env['TZ'] = TZ
    }
  })

  it('never throws for a token that is not a JWT', () => {
    const part = fc.oneof(
      fc.string(),
      fc.base64String(),
      oddValue.map((text) => Buffer.from(text).toString('base64url')),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
        const seconds = parseLifetime({}, parts.join('.'), ['jwt-exp'], now)
        expect(seconds === null || (seconds >= 0 && seconds <= maxLifetimeSeconds)).toBe(true)
      }),
      often,
    )
  })
})

describe('a template', { timeout: 600_000 }, () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '{a}',
    '{b}',
    '{a',
    'b}',
    '{{a}}',
    '$&',
    '$1',
    '{__proto__}',
    '{constructor}',
    'x',
  )
  const some = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''))

  it('is filled in once, with values unchanged', () => {
    fc.assert(
      fc.property(some, some, some, (template, a, b) => {
        const pieces = template.split(/(\{[A-Za-z_]\w*\})/)
        const values: Record<string, string> = { '{a}': a, '{b}': b }
        const expected = pieces.map((part, index) => (index % 2 === 1 ? (values[part] ?? '') : part)).join('')
        expect(fillTemplate(template, { a, b })).toBe(expected)
        expect(listPlaceholders(template)).toEqual(
          pieces.filter((_, index) => index % 2 === 1).map((part) => part.slice(1, -1)),
        )
      }),
      often,
    )
  })
})

describe('a random WWW-Authenticate header', { timeout: 600_000 }, () => {
  it('is parsed as OAuth challenges or as none, within a second', () => {
    const piece = fc.constantFrom(
      'Bearer',
      'DPoP',
      'Basic',
      ' ',
      ',',
      '=',
      '"',
      '\\',
      'error',
      'a b',
      'é',
      '='.repeat(50),
      '"x',
    )
    const header = fc.oneof(
      fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join('')),
      fc.string(),
    )
    const long = fc.constantFrom(
      '"'.repeat(4096),
      'a,'.repeat(2048),
      'a ="\\'.repeat(682),
      `Bearer ${' '.repeat(4000)}`,
    )
    fc.assert(
      fc.property(fc.oneof({ weight: 9, arbitrary: header }, { weight: 1, arbitrary: long }), (value) => {
        const startedAt = performance.now()
        for (const { scheme, params } of parseOAuthChallenges(value)) {
          expect(['bearer', 'dpop']).toContain(scheme)
          for (const name of params.keys()) expect(name).toBe(name.toLowerCase())
        }
        expect(performance.now() - startedAt).toBeLessThan(1000)
      }),
      often,
    )
  })
})
