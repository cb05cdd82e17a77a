import { describe, expect, it } from 'vitest'
import { filterResponseHeaders } from '../src/proxy/headers.ts'
import { parseHeaderList } from '../src/proxy/header-list.ts'
import { parseOAuthChallenges } from '../src/proxy/www-authenticate.ts'

describe('parseHeaderList', () => {
  it.each([
    ['private, max-age=60', ['private', 'max-age=60']],
    [' ,a ,, b,', ['a', 'b']],
    ['a="b, c", d', ['a="b, c"', 'd']],
    ['a="b\\", c", d', ['a="b\\", c"', 'd']],
    ['a="b, c', ['a="b, c']],
    ['a\\, b', ['a\\', 'b']],
    ['', []],
    [null, []],
    ['a'.repeat(4097), []],
  ])('reads %j', (header, elements) => {
    expect(parseHeaderList(header)).toEqual(elements)
  })
})

// Each of these took a quarter of a second, so the old patterns would exceed the time limit of a test.
it('reads thousands of malformed headers of a resource server in linear time', () => {
  for (let count = 0; count < 2000; count += 1) {
    expect(parseOAuthChallenges('"\\'.repeat(2048))).toEqual([])
    expect(parseOAuthChallenges('"\\"'.repeat(1365))).toEqual([])
    const headers = filterResponseHeaders({ 'cache-control': 'a="a='.repeat(2500) })
    expect(headers['cache-control']).toBe('no-store')
  }
})
