import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maxLifetimeSeconds } from '@latchkey/wire'
import { parseLifetime } from '../../src/authorization-server/token-lifetime.ts'
import { isWithinDepth, parseJson, getByPointer } from '../../src/json.ts'
import type { Provider } from '../../src/description/provider-description.ts'
import { parseOAuthChallenges } from '../../src/proxy/www-authenticate.ts'
import { fillTemplate, listPlaceholders } from '../../src/template.ts'
import { oddValue } from './answers.ts'
import { runs } from './runs.ts'

const now = Date.parse('2026-01-01T00:00:00Z')
const often = runs(150)

/** JSON as somebody writes it who leaves a comma before closing brackets, with white space of any kind. */
function withCommas(value: unknown, space: () => string, comma: () => string): string {
  const inner = (one: unknown): string => withCommas(one, space, comma)
  const closed = (parts: string[]): string =>
    parts.join(`${space()},${space()}`) + (parts.length > 0 ? space() + comma() + space() : '')
  if (Array.isArray(value)) return `[${space()}${closed(value.map(inner))}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${space()}${closed(Object.entries(value).map(([name, own]) => `${JSON.stringify(name)}:${inner(own)}`))}}`
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

  it('is read as if it had none, and its texts stay as they are', () => {
    fc.assert(
      fc.property(document, fc.nat(1000), (value, seed) => {
        const text = withCommas(value, pick(['', ' ', '\n', '\t\r\n '], seed), pick([',', ''], seed))
        expect(parseJson(text, 'trailing-commas')).toEqual(JSON.parse(JSON.stringify(value)))
      }),
      often,
    )
  })

  it('is read by nobody who was not told of them', () => {
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
    'does not excuse %s',
    (text) => {
      expect(parseJson(text, 'trailing-commas')).toBeNull()
    },
  )

  it.each([
    ['quotes after backslashes without an end', '\\"'.repeat(32_768)],
    ['a text without an end, with quotes in it', `"${'\\"'.repeat(32_000)}\\`],
    ['commas', ','.repeat(65_536)],
    ['brackets', '['.repeat(65_536)],
    ['white space after commas', `,${' '.repeat(254)}`.repeat(256)],
  ])('takes no longer for %s', (_, text) => {
    const begun = performance.now()
    expect(parseJson(text, 'trailing-commas')).toBeNull()
    expect(performance.now() - begun).toBeLessThan(1000)
  })
})

describe('a body of any text', { timeout: 600_000 }, () => {
  it('is an object, a text or nothing', () => {
    const text = fc.oneof(fc.json(), fc.string({ unit: 'binary' }), oddValue)
    fc.assert(
      fc.property(text, fc.constantFrom('strict', 'trailing-commas'), (own, form) => {
        const read = parseJson(own, form)
        expect(
          read === null ||
            typeof read === 'string' ||
            Object.prototype.toString.call(read) === '[object Object]',
        ).toBe(true)
      }),
      often,
    )
  })
})

describe('a place in a document', { timeout: 600_000 }, () => {
  const name = fc.oneof(
    fc.constantFrom('__proto__', 'constructor', 'toString', 'a/b', 'a~b', '~1', '~01', '0', 'length', ''),
    fc.string(),
  )
  const escaped = (own: string): string => own.replaceAll('~', '~0').replaceAll('/', '~1')

  it('is found under any name, and only where it is the document’s own', () => {
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), fc.jsonValue(), (path, value) => {
        const text = path.reduceRight(
          (inner, own) => `{${JSON.stringify(own)}:${inner}}`,
          JSON.stringify(value),
        )
        const pointer = path.map((own) => `/${escaped(own)}`).join('')
        expect(getByPointer(JSON.parse(text), pointer)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(getByPointer({}, pointer)).toBeUndefined()
        expect(getByPointer({ b: 'text' }, `/b${pointer}`)).toBeUndefined()
      }),
      often,
    )
  })

  it.each(['['.repeat(60_000) + ']'.repeat(60_000), `${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}`])(
    'that lies too deep is told without looking at all of it',
    (text) => {
      expect(isWithinDepth(JSON.parse(text))).toBe(false)
      expect(isWithinDepth({ a: [{ b: null }], __proto__: null })).toBe(true)
    },
  )
})

describe('a lifetime', { timeout: 600_000 }, () => {
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

  it('is never negative, never for ever, and not known rather than wrong', () => {
    fc.assert(
      fc.property(value, source, (text, from) => {
        const own: unknown = JSON.parse(text)
        const token = `a.${Buffer.from(`{"exp":${text}}`).toString('base64url')}.b`
        const seconds = parseLifetime({ x: own }, token, [from], now)
        if (seconds === null) return
        expect(seconds).toBeGreaterThanOrEqual(0)
        expect(seconds).toBeLessThanOrEqual(maxLifetimeSeconds)
        expect(['number', 'string']).toContain(typeof own)
        // Infinity is how JSON.parse reads 1e400; not even that lives for ever.
        if (typeof own === 'number') expect(own).toBeGreaterThanOrEqual(0)
      }),
      often,
    )
  })

  it('is the same in every time zone', () => {
    const { TZ } = process.env
    try {
      fc.assert(
        fc.property(value, fc.constantFrom(...kinds), (text, as) => {
          const own: unknown = JSON.parse(text)
          const [here, there] = ['Pacific/Kiritimati', 'Pacific/Pago_Pago'].map((zone) => {
            process.env['TZ'] = zone
            return parseLifetime({ x: own }, '', [{ from: '/x', as }], now)
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

  it('read from a token needs no good token', () => {
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

  it('is filled in once, with what was typed as it was typed', () => {
    fc.assert(
      fc.property(some, some, some, (template, a, b) => {
        const pieces = template.split(/(\{[A-Za-z_]\w*\})/)
        const values: Record<string, string> = { '{a}': a, '{b}': b }
        const expected = pieces.map((own, index) => (index % 2 === 1 ? (values[own] ?? '') : own)).join('')
        expect(fillTemplate(template, { a, b })).toBe(expected)
        expect(listPlaceholders(template)).toEqual(
          pieces.filter((_, index) => index % 2 === 1).map((own) => own.slice(1, -1)),
        )
      }),
      often,
    )
  })
})

describe('a WWW-Authenticate header of any kind', { timeout: 600_000 }, () => {
  it('is read as challenges of OAuth or as nothing, in no time', () => {
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
      fc.property(fc.oneof({ weight: 9, arbitrary: header }, { weight: 1, arbitrary: long }), (own) => {
        const begun = performance.now()
        for (const { scheme, params } of parseOAuthChallenges(own)) {
          expect(['bearer', 'dpop']).toContain(scheme)
          for (const name of params.keys()) expect(name).toBe(name.toLowerCase())
        }
        expect(performance.now() - begun).toBeLessThan(1000)
      }),
      often,
    )
  })
})
