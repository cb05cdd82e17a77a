import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bin, createChildEnv, tool } from '../../scripts/run.mjs'

const title = 'renders none of 1,000 components that read status and user'

/**
 * Counts the renders of a silent refresh. The count is that of a test, which expects 0.
 *
 * @returns {Promise<import('../report.mjs').Report>}
 */
export async function measureRenders() {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
  try {
    const file = join(folder, 'tests.json')
    // Vite sets it to `production` when another measurement builds a page.
    const env = { ...createChildEnv(), NODE_ENV: undefined }
    const args = [
      'run',
      '--project=react',
      '--reporter=json',
      `--outputFile=${file}`,
      '-t',
      title,
      'refresh.test',
    ]
    const { output } = await tool(bin('vitest'), args, { env })
    const { numPassedTests } = JSON.parse(readFileSync(file, 'utf8'))
    if (numPassedTests !== 1) throw new Error(`The test "${title}" did not pass:\n${output}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return {
    unit: 'renders',
    rounds: 'one run',
    notes: [],
    figures: [
      {
        title: '1,000 components that read status and user, one silent refresh',
        values: [0],
        goal: 0,
        format: String,
      },
    ],
  }
}
