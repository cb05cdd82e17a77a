import { beforeAll, expect, it } from 'vitest'
import { groups } from './assertions.ts'
import type { AssertionTest } from './document.ts'
import { documentOf, listAssertionTests } from './document.ts'

const all = groups.flatMap(({ assertions }) => assertions)
let tests: AssertionTest[] = []

beforeAll(async () => {
  tests = await listAssertionTests()
}, 60_000)

it('numbers the sentences from 1 without a gap', () => {
  expect(all.map(({ number }) => number)).toEqual(all.map((_, index) => index + 1))
})

it('finds either a test or a reason for every sentence, and never both', () => {
  const held = new Set(tests.map(({ number }) => number))
  const answers = all.map(({ number, notApplicable, missing }) => ({
    number,
    given: [held.has(number), notApplicable !== undefined, missing !== undefined].filter(Boolean).length,
  }))
  expect(answers.filter(({ given }) => given !== 1)).toEqual([])
})

it('knows which sentences do not hold yet', () => {
  expect(all.filter(({ missing }) => missing !== undefined).map(({ number }) => number)).toEqual([])
})

it('finds a sentence for every number that a test names', () => {
  const known = all.map(({ number }) => number)
  expect(tests.filter(({ number }) => !known.includes(number))).toEqual([])
})

it('says what docs/conformance.md says: write it anew with `npx vitest run --project repository protocol/document -u`', async () => {
  await expect(documentOf(groups, tests)).toMatchFileSnapshot('../../docs/conformance.md')
})
