// `npm run check`, and the last part of `npm test`: every check that a change must pass.
import './node-version.mjs'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { readOptions } from './options.mjs'
import { pack } from './pack.mjs'
import { bin, createChildEnv, install, root, tool } from './run.mjs'
import { anyFailed, step } from './steps.mjs'

const { withBrowser } = readOptions()
const temporary = mkdtempSync(join(tmpdir(), 'latchkey-check-'))
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }))
/** Where the packed packages are. The tests install them from here. */
const packed = mkdtempSync(join(temporary, 'packages-'))

if (!(await step('install', install))) process.exit(1)
await step('compile', () => tool(bin('typescript', 'tsc'), ['-b']))
// Two at a time, for two cores. The tests run afterwards and alone, because some measure time.
await Promise.all([checkSources(), checkPackages()])
const summary = await runTests()

if (anyFailed()) process.exitCode = 1
console.log(`\n${summary}`)

async function checkSources() {
  await step('lint', () => tool(bin('oxlint'), ['--deny-warnings']))
  await step('format', () => tool(bin('oxfmt'), ['--check']))
  await step('unused files, exports and dependencies', () => tool(bin('knip'), []))
  await step(
    'size',
    () => tool(join(root, 'scripts', 'size.mjs'), []),
    (output) => `: ${output.trim()}`,
  )
}

async function checkPackages() {
  await step('build the example', () =>
    tool(bin('vite', 'vite', 'examples/login-page'), ['build'], { cwd: join(root, 'examples/login-page') }),
  )
  await step('build the documentation', () => tool(join(root, 'scripts/docs.mjs'), ['--build', '--pages']))
  /** @type {string[]} */
  let tarballs = []
  await step('pack', async () => {
    tarballs = await pack(packed)
    return { ok: true, output: '' }
  })
  for (const tarball of tarballs) {
    const name = basename(tarball, '.tgz')
    await step(`publint ${name}`, () => tool(bin('publint'), ['--strict', tarball]))
    const attw = bin('@arethetypeswrong/cli', 'attw')
    await step(`types of ${name}`, () =>
      // A style sheet has no types.
      tool(attw, [
        tarball,
        ...['--profile', 'esm-only', '--no-definitely-typed', '--exclude-entrypoints', './ui.css'],
      ]),
    )
  }
}

/**
 * Runs the tests.
 *
 * @returns {Promise<string>} the closing line
 */
async function runTests() {
  const report = join(temporary, 'tests.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const [name, projects] = withBrowser
    ? ['tests', []]
    : ['tests, without the browser tests (--no-browser)', ['--project=!browser']]
  const env = { ...createChildEnv(), LATCHKEY_TARBALLS: packed }
  const ok = await step(name, () => tool(bin('vitest'), ['run', ...projects, ...reporters], { env }))
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
    readFileSync(report, 'utf8'),
  )
  // A file that cannot be loaded fails the run without counting as a test.
  const failed = ok ? numFailedTests : Math.max(numFailedTests, 1)
  return `${numPassedTests} passed, ${failed} failed, ${numPendingTests + numTodoTests} skipped`
}
