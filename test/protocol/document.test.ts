import { beforeAll, expect, it } from 'vitest'
import { groups } from './assertions.ts'
import type { AssertionTest } from './document.ts'
import { formatConformancePage, listAssertionTests } from './document.ts'

const allAssertions = groups.flatMap(({ assertions }) => assertions)
let tests: AssertionTest[] = []

beforeAll(async () => {
  tests = await listAssertionTests()
})

it('numbers the requirements from 1 without a gap', () => {
  expect(allAssertions.map(({ number }) => number)).toEqual(allAssertions.map((_, index) => index + 1))
})

it('finds either tests or a reason for every requirement, and never both', () => {
  const testedNumbers = new Set(tests.map(({ number }) => number))
  const evidence = allAssertions.map(({ number, notApplicable, missing }) => ({
    number,
    count: [testedNumbers.has(number), notApplicable !== undefined, missing !== undefined].filter(Boolean)
      .length,
  }))
  expect(evidence.filter(({ count }) => count !== 1)).toEqual([])
})

it('has no requirement that is not met yet', () => {
  expect(allAssertions.filter(({ missing }) => missing !== undefined).map(({ number }) => number)).toEqual([])
})

it('finds a requirement for every number in a test title', () => {
  const knownNumbers = allAssertions.map(({ number }) => number)
  expect(tests.filter(({ number }) => !knownNumbers.includes(number))).toEqual([])
})

it('matches docs/conformance.md; update it with `npx vitest run --project repository protocol/document -u`', async () => {
  await expect(formatConformancePage(groups, tests)).toMatchFileSnapshot('../../docs/conformance.md')
})
