// Runs the simulation, or with `--mutants` each mutant until the simulation finds it. See README.md.
import '../../scripts/node-version.mjs'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { root } from '../../scripts/run.mjs'
import { mutants } from './mutants.mjs'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-simulation-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const [argument, ...ids] = process.argv.slice(2)
process.exitCode =
  argument === '--mutants' ? await runMutants(ids) : await run(undefined, 'inherit').then(getStatus)

/**
 * Runs each mutant. Returns the exit code: 1 if the simulation does not find one of them.
 *
 * @param {string[]} chosenIds all when empty
 */
async function runMutants(chosenIds) {
  let exitCode = 0
  for (const mutant of mutants) {
    if (chosenIds.length > 0 && !chosenIds.includes(mutant.id)) continue
    const { stdout } = await run(mutant, 'pipe')
    const [report, seed, violation] = /^SEED=(\d+) breaks an invariant: (.*)[^]*/.exec(stdout) ?? []
    if (seed === undefined) exitCode = 1
    const line =
      seed === undefined ? `MISSED ${mutant.id}: ${stdout}` : `found ${mutant.id} SEED=${seed} ${violation}`
    process.stdout.write(`${line}\n`)
    // The whole report of one mutant; of several, one line each.
    if (report !== undefined && chosenIds.length === 1) process.stdout.write(report)
  }
  return exitCode
}

/**
 * Bundles the simulation with the sources of the packages, because Node 20 does not run TypeScript, and runs it.
 *
 * @param {import('./mutants.mjs').Mutant | undefined} mutant changes the copy of one source in the bundle
 * @param {'inherit' | 'pipe'} stdio
 */
async function run(mutant, stdio) {
  const outfile = join(folder, `${mutant?.id ?? 'run'}.mjs`)
  await build({
    stdin: {
      contents: `import { main } from './run.ts'\nprocess.exitCode = await main(process.env, (text) => process.stdout.write(text))`,
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['source'],
    banner: {
      js: `import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)`,
    },
    logLevel: 'warning',
    plugins: mutant ? [createMutation(mutant)] : [],
  })
  return spawnSync(process.execPath, [outfile], { stdio, encoding: 'utf8', maxBuffer: 2 ** 26 })
}

/** @param {import('node:child_process').SpawnSyncReturns<string>} result */
function getStatus({ status }) {
  return status ?? 1
}

/**
 * @param {import('./mutants.mjs').Mutant} mutant
 * @returns {import('esbuild').Plugin}
 */
function createMutation({ file, find, replace }) {
  const path = join(root, file)
  return {
    name: 'mutant',
    setup: (bundle) =>
      bundle.onLoad({ filter: new RegExp(`${file.replaceAll('.', '\\.')}$`) }, () => {
        const contents = readFileSync(path, 'utf8').replace(find, () => replace)
        return { contents, loader: 'ts' }
      }),
  }
}
