import { describe, expect, it } from 'vitest'
import { parseSeconds } from '../src/index.ts'

describe('secondsFrom', () => {
  it.each([
    [899, 899],
    ['899', 899],
    [' 3599 ', 3599],
    [0, 0],
    ['0', 0],
    [2_592_000, 2_592_000],
    [1e12, 31_622_400],
    [Infinity, 31_622_400],
    [-1, null],
    ['-1', null],
    ['', null],
    ['1h', null],
    ['2030-01-01T00:00:00Z', null],
    [undefined, null],
    [null, null],
    [NaN, null],
    [true, null],
    [[899], null],
  ])('reads %j as %j', (said, seconds) => {
    expect(parseSeconds(said)).toBe(seconds)
  })
})
