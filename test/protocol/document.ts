import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { bin, root, tool } from '../../scripts/run.mjs'
import type { Assertion, Group } from './assertions.ts'

/** A test of an assertion. */
export interface AssertionTest {
  number: number
  title: string
  /** Its file, relative to the repository. */
  file: string
}

/** The folders and files whose tests may cover assertions. */
const testPaths = [
  'test/protocol/',
  'packages/core/test/',
  ...['discovery', 'guard', 'session'].map((name) => `packages/bff/test/${name}.test.ts`),
]

/** Lists the tests whose titles begin with a number, without skipped ones. */
export async function listAssertionTests(): Promise<AssertionTest[]> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-titles-'))
  try {
    const list = join(folder, 'titles.json')
    const { ok, output } = await tool(bin('vitest'), [
      'list',
      '--static-parse',
      `--json=${list}`,
      ...testPaths,
    ])
    if (!ok || !existsSync(list)) throw new Error(`\`vitest list\` failed:\n${output}`)
    const tests = JSON.parse(readFileSync(list, 'utf8')) as { name: string; file: string }[]
    const numberedTests = tests.flatMap(({ name, file }) => {
      const [, suitePrefix = '', number, title] = /^(.* > )?(\d{1,3}) (.+)$/.exec(name) ?? []
      const path = relative(root, file).replaceAll('\\', '/')
      return title === undefined
        ? []
        : [{ number: Number(number), title: (suitePrefix + title).replaceAll(' > ', ': '), file: path }]
    })
    // Several projects may run the same test.
    return [...new Map(numberedTests.map((test) => [JSON.stringify(test), test])).values()]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Formats docs/conformance.md. */
export function formatConformancePage(groups: Group[], tests: AssertionTest[]): string {
  const count = groups.flatMap(({ assertions }) => assertions).length
  return [
    '# Conformance',
    '',
    '<!-- Generated from the tests. Update: npx vitest run --project repository protocol/document -u -->',
    '',
    `This page lists ${count} requirements for an OAuth 2.0 client and for a back end of a browser application, with the tests that`,
    'show that Latchkey meets them. Most come from RFC 6749, related RFCs and OAuth 2.0 for Browser-Based Applications; words',
    'in capitals, such as MUST, are used as the source uses them. Requirements marked “hardening” are our own.',
    '',
    'The titles of the tests begin with the number of the requirement; “…” stands for the values of several cases.',
    'A “description” is the configuration of one authorization server: the option `provider` of `createBff`.',
    '',
    'To run such checks against your own authorization server, see [test/conformance](../test/conformance/README.md).',
    ...groups.flatMap(({ title, assertions }) => [
      '',
      `## ${title}`,
      '',
      '| | Requirement | Source | Tests |',
      '|---|---|---|---|',
      ...assertions.map((assertion) => {
        const { number, sentence, reference } = assertion
        return `| ${number} | ${escapeCell(sentence)} | ${escapeCell(reference)} | ${formatEvidence(assertion, tests)} |`
      }),
    ]),
    '',
  ].join('\n')
}

function formatEvidence({ number, notApplicable, missing }: Assertion, tests: AssertionTest[]): string {
  if (notApplicable !== undefined) return `Does not apply. ${escapeCell(notApplicable)}`
  if (missing !== undefined) return `**Not met yet.** ${escapeCell(missing)}`
  return tests
    .filter((test) => test.number === number)
    .map(({ title, file }) => `[${escapeCell(title.replaceAll(/%\w/g, '…'))}](../${file})`)
    .toSorted()
    .join('<br>')
}

function escapeCell(text: string): string {
  return text.replaceAll(/[\\|[\]<>]/g, '\\$&')
}
