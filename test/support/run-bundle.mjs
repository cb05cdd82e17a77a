// Runs programs of the tests on the sources of the packages: bundled, because Node 20 does not run TypeScript.
import '../../scripts/node-version.mjs'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { install, root } from '../../scripts/run.mjs'

/** @type {Set<string>} */
const outdirs = new Set()
process.on('exit', removeFolders)

function removeFolders() {
  for (const outdir of outdirs) rmSync(outdir, { recursive: true, force: true })
  outdirs.clear()
}

/**
 * A defect of one source, to see that a test finds it.
 *
 * @typedef {object} Mutant
 * @property {string} id
 * @property {string} file from the folder of the repository
 * @property {string} find a text that the source has once
 * @property {string} replace
 *
 * @typedef {object} BundleOptions
 * @property {string} folder of the program
 * @property {string} contents the code of the program, as a module of that folder
 * @property {string[]} [args] the arguments of the program
 * @property {Record<string, string>} [env] variables beside those of this process
 * @property {string[]} [otherPrograms] files that the program starts, bundled beside it
 * @property {Mutant} [mutant] changes the copy of one source in the bundle
 * @property {'inherit' | 'pipe'} [stdio]
 */

/**
 * Runs a program in a process of its own, and waits for its end.
 *
 * @param {BundleOptions} options
 */
export async function runBundle({
  folder,
  contents,
  args = [],
  env = {},
  otherPrograms = [],
  mutant,
  stdio = 'inherit',
}) {
  // Below the package, so that the bundle finds its optional dependencies.
  const parent = join(root, 'packages/bff/node_modules')
  mkdirSync(parent, { recursive: true })
  const outdir = mkdtempSync(join(parent, '.bundle-'))
  outdirs.add(outdir)
  const { build } = await importBundler()
  const options = {
    bundle: true,
    platform: /** @type {const} */ ('node'),
    format: /** @type {const} */ ('esm'),
    target: 'node20',
    conditions: ['source'],
    // Some dependencies are CommonJS, which requires Node's own modules.
    banner: {
      js: `import { createRequire as createBundleRequire } from 'node:module'\nconst require = createBundleRequire(import.meta.url)`,
    },
    logLevel: /** @type {const} */ ('warning'),
    plugins: mutant ? [createMutation(mutant)] : [],
  }
  const outfile = join(outdir, 'program.js')
  await build({ ...options, stdin: { contents, resolveDir: folder }, outfile })
  // Not in one build, which would name their folders after their sources.
  for (const program of otherPrograms) await build({ ...options, entryPoints: [program], outdir })
  try {
    return spawnSync(process.execPath, [outfile, ...args], {
      env: { ...process.env, ...env },
      stdio,
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    })
  } finally {
    removeFolders()
  }
}

/**
 * Runs mutants, and writes one line for each; of one, also its output. Returns the exit code: 1 when one is not found.
 *
 * @template {Mutant} T
 * @param {readonly T[]} mutants
 * @param {string[]} chosenIds all when empty
 * @param {(mutant: T) => Promise<{ stdout: string, stderr: string }>} run
 * @param {RegExp} pattern matches the output when the mutant is found, from the first violation to the end: its groups
 *   are the seed and the violation
 */
export async function runMutants(mutants, chosenIds, run, pattern) {
  let exitCode = 0
  for (const mutant of mutants) {
    if (chosenIds.length > 0 && !chosenIds.includes(mutant.id)) continue
    const { stdout, stderr } = await run(mutant)
    const [report, seed, violation] = pattern.exec(stdout) ?? []
    if (seed === undefined) exitCode = 1
    const line =
      seed === undefined
        ? `MISSED ${mutant.id}: ${stdout}${stderr}`
        : `found ${mutant.id} SEED=${seed} ${violation}`
    process.stdout.write(`${line}\n`)
    // The whole report of one mutant; of several, one line each.
    if (report !== undefined && chosenIds.length === 1) process.stdout.write(report)
  }
  return exitCode
}

/** Imports esbuild. Installs the dependencies first if this is a fresh clone. */
async function importBundler() {
  const bundler = await import('esbuild').catch(() => null)
  if (bundler) return bundler
  const { ok, output } = await install()
  if (!ok) throw new Error(output)
  return import('esbuild')
}

/**
 * @param {Mutant} mutant
 * @returns {import('esbuild').Plugin}
 */
function createMutation({ file, find, replace }) {
  const path = join(root, file)
  return {
    name: 'mutant',
    setup: (bundle) =>
      bundle.onLoad({ filter: new RegExp(`${file.replaceAll('.', '\\.')}$`) }, () => {
        const contents = readFileSync(path, 'utf8').replace(find, () => replace)
        return { contents, loader: file.endsWith('.js') ? 'js' : 'ts' }
      }),
  }
}
