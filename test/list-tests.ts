import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { bin, root, tool } from '../scripts/run.mjs'

/** One test, as its file declares it. */
export interface ListedTest {
  /** Its title below those of the suites around it, with the placeholders of a table (`%s`). */
  title: string
  /** The titles of the suites around it, outermost first. */
  suites: string[]
  /** Its file, from the folder of the repository. */
  file: string
}

/**
 * Lists the tests of some files and folders without running them. Skipped tests are left out, and a test that several
 * Vitest projects run is listed once.
 */
export async function listTests(paths: readonly string[]): Promise<ListedTest[]> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-titles-'))
  try {
    const list = join(folder, 'titles.json')
    const { ok, output } = await tool(bin('vitest'), ['list', '--static-parse', `--json=${list}`, ...paths])
    if (!ok || !existsSync(list)) throw new Error(`Vitest could not list the tests:\n${output}`)
    const tests = JSON.parse(readFileSync(list, 'utf8')) as { name: string; file: string }[]
    const listed = tests.map(({ name, file }): ListedTest => {
      const suites = name.split(' > ')
      const title = suites.pop() ?? ''
      return { title, suites, file: relative(root, file).replaceAll('\\', '/') }
    })
    return [...new Map(listed.map((test) => [JSON.stringify(test), test])).values()]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
