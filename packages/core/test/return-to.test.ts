import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { safeReturnTo } from '../src/index.ts'

describe('safeReturnTo', () => {
  it.each(['/', '/items', '/items?page=2#top', '/a//b'])(
    "accepts %s, a path on the page's own origin",
    (path) => {
      expect(safeReturnTo(path)).toBe(path)
    },
  )

  it.each([
    'https://evil.test',
    '//evil.test',
    '/\\evil.test',
    '/\t/evil.test',
    '/\n/evil.test',
    '/.//evil.test',
    '\\\\evil.test',
    'javascript:alert(1)',
    'items',
    '',
    null,
    undefined,
    7,
    ['/items'],
  ])('returns the fallback for %j', (value) => {
    expect(safeReturnTo(value, '/home')).toBe('/home')
  })

  it("returns a path on the page's own origin for any string", () => {
    const piece = fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      '//',
      'evil.test',
      '@',
      ':',
      '\t',
      '%2f',
      '?',
      '#',
      'https:',
      ' ',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece).map((pieces) => `/${pieces.join('')}`),
          fc.string(),
        ),
        (value) => {
          expect(new URL(safeReturnTo(value), 'https://app.test').origin).toBe('https://app.test')
        },
      ),
      { numRuns: 3000 },
    )
  })
})
