import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../scripts/run.mjs'
import {
  formatFloor,
  formatOptionalApis,
  listUnknownPaths,
  listUsedApis,
  listUsedApisOfPackages,
  optionalApis,
} from './browser-support.ts'

describe('the browser versions in README.md', () => {
  it('are the oldest that have every API which the packages use', () => {
    const apis = listUsedApisOfPackages()
    const [paragraph] = /^Browsers: (?:.+\n)+/m.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? []
    expect(paragraph?.trim().replaceAll('\n', ' ')).toBe(
      [`Browsers: ${formatFloor(apis)}.`, ...formatOptionalApis(apis)].join(' '),
    )
  })

  it('do not depend on APIs that may be missing, all of which are used', () => {
    const used = listUsedApisOfPackages().map(({ name }) => name)
    expect(used).toEqual(expect.arrayContaining(Object.keys(optionalApis)))
  })

  it.each([
    [
      'Promise.withResolvers()',
      'Chrome 119, Firefox 121, Safari 17.4 and newer, because of `Promise.withResolvers`',
    ],
    ['words.toSorted()', 'Chrome 110, Firefox 115, Safari 16 and newer, because of `toSorted()`'],
    ['new URLPattern()', 'Chrome 95, Firefox 142, Safari 26 and newer, because of `URLPattern`'],
    [
      'Object.hasOwn(a, b); element.inert = AbortSignal.timeout(1)',
      'Chrome 103 (because of `AbortSignal.timeout`), Firefox 112 (because of `inert`), Safari 16 (because of `AbortSignal.timeout`) and newer',
    ],
  ])('would change with %s', (source, floor) => {
    expect(formatFloor(listUsedApis(source))).toBe(floor)
  })

  it('come from entries that the compatibility data knows', () => {
    expect(listUnknownPaths()).toEqual([])
  })
})
