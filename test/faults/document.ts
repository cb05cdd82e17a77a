import type { FaultGroup, TestReference } from './fault.ts'

/** Writes the page of the documentation about the faults. */
export function writeFaultsPage(groups: readonly FaultGroup[]): string {
  return [
    '# Faults',
    '',
    '<!-- Generated from test/faults/faults.ts. Write it anew with: npx vitest run --project repository faults -u -->',
    '',
    'Faults that were found in Latchkey by using and attacking it, what it does instead now, and the tests that fail when',
    'a fault comes back. A fault without a test has a reason.',
    ...groups.flatMap(({ title, faults }) => [
      '',
      `## ${title}`,
      '',
      '| | Fault | Now | Tests |',
      '|---|---|---|---|',
      ...faults.map(
        ({ id, fault, now, tests, reason }) =>
          `| ${id} | ${escapeCell(fault)} | ${escapeCell(now)} | ${tests ? linkTests(tests) : `No test: ${escapeCell(reason ?? '')}`} |`,
      ),
    ]),
    '',
  ].join('\n')
}

function linkTests(tests: readonly TestReference[]): string {
  return tests
    .map(
      ([file, title]) => `[${escapeCell(title.replaceAll(/%\w/g, '…').replaceAll(' > ', ': '))}](../${file})`,
    )
    .join('<br>')
}

function escapeCell(text: string): string {
  return text.replaceAll(/[\\|[\]<>]/g, '\\$&')
}
