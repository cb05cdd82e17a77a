import { beforeAll, expect, it } from 'vitest'
import type { ListedTest } from '../list-tests.ts'
import { listTests } from '../list-tests.ts'
import { writeFaultsPage } from './document.ts'
import { groups } from './faults.ts'

const faults = groups.flatMap((group) => group.faults)
const references = faults.flatMap(({ id, tests = [] }) => tests.map(([file, title]) => ({ id, file, title })))
let listed: ListedTest[] = []

beforeAll(async () => {
  listed = await listTests([...new Set(references.map(({ file }) => file))])
}, 60_000)

it('gives every fault its own number', () => {
  const ids = faults.map(({ id }) => id)
  expect(ids).toEqual([...new Set(ids)])
})

it('gives every fault either tests or a reason', () => {
  const undecided = faults.filter(({ tests = [], reason }) => tests.length > 0 === (reason !== undefined))
  expect(undecided.map(({ id }) => id)).toEqual([])
})

it('names only tests that exist and are not skipped', () => {
  const missing = references.filter(
    ({ file, title }) =>
      !listed.some((test) => test.file === file && [...test.suites, test.title].join(' > ').endsWith(title)),
  )
  expect(missing).toEqual([])
})

it('is what docs/faults.md says: write it anew with `npx vitest run --project repository faults -u`', async () => {
  await expect(writeFaultsPage(groups)).toMatchFileSnapshot('../../docs/faults.md')
})
