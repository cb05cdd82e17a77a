import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { bin, root, tool } from '../../scripts/run.mjs'
import type { Assertion, Group } from './assertions.ts'

/** A test that holds an assertion. */
export interface AssertionTest {
  number: number
  title: string
  /** Its file, from the folder of the repository. */
  file: string
}

/** Where tests that hold an assertion lie: here, and where one has held it all along. */
const places = [
  'test/protocol/',
  'packages/core/test/',
  ...['discovery', 'guard', 'session'].map((name) => `packages/bff/test/${name}.test.ts`),
]

/** The tests whose titles begin with a number; one that is skipped is none. */
export async function listAssertionTests(): Promise<AssertionTest[]> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-titles-'))
  try {
    const list = join(folder, 'titles.json')
    const { ok, output } = await tool(bin('vitest'), ['list', '--static-parse', `--json=${list}`, ...places])
    if (!ok || !existsSync(list)) throw new Error(`The titles of the tests cannot be listed:\n${output}`)
    const tests = JSON.parse(readFileSync(list, 'utf8')) as { name: string; file: string }[]
    const found = tests.flatMap(({ name, file }) => {
      const [, around = '', number, title] = /^(.* > )?(\d{1,3}) (.+)$/.exec(name) ?? []
      const path = relative(root, file).replaceAll('\\', '/')
      return title === undefined
        ? []
        : [{ number: Number(number), title: (around + title).replaceAll(' > ', ': '), file: path }]
    })
    // One for all projects that run it.
    return [...new Map(found.map((one) => [JSON.stringify(one), one])).values()]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The page of the documentation. */
export function documentOf(groups: Group[], tests: AssertionTest[]): string {
  const all = groups.flatMap(({ assertions }) => assertions)
  return [
    '# Conformance',
    '',
    '<!-- Generated from the tests. Write it anew with: npx vitest run --project repository protocol/document -u -->',
    '',
    `What RFC 6749, its companions and OAuth 2.0 for Browser-Based Applications ask of a client and of a back-end for a`,
    `browser application, in ${all.length} sentences, and the tests that hold each of them: the title of such a test begins with`,
    'the number of its sentence. Where a sentence does not apply, the reason stands in the place of the tests.',
    ...groups.flatMap(({ title, assertions }) => [
      '',
      `## ${title}`,
      '',
      '| | What holds | Reference | Tests |',
      '|---|---|---|---|',
      ...assertions.map(
        (one) =>
          `| ${one.number} | ${cell(one.sentence)} | ${cell(one.reference)} | ${answerTo(one, tests)} |`,
      ),
    ]),
    '',
  ].join('\n')
}

function answerTo({ number, notApplicable, missing }: Assertion, tests: AssertionTest[]): string {
  if (notApplicable !== undefined) return `Does not apply. ${cell(notApplicable)}`
  if (missing !== undefined) return `**Does not hold yet.** ${cell(missing)}`
  return tests
    .filter((one) => one.number === number)
    .map(({ title, file }) => `[${cell(title.replaceAll(/%\w/g, '…'))}](../${file})`)
    .toSorted()
    .join('<br>')
}

function cell(text: string): string {
  return text.replaceAll(/[\\|[\]<>]/g, '\\$&')
}
