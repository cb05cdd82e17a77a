// Runs the simulation, or with `--mutants` each mutant until the simulation finds it. See README.md.
import { fileURLToPath } from 'node:url'
import { runBundle, runMutants } from '../support/run-bundle.mjs'
import { mutants } from './mutants.mjs'

const [argument, ...ids] = process.argv.slice(2)
process.exitCode =
  argument === '--mutants'
    ? await runMutants(
        mutants,
        ids,
        (mutant) => run({ mutant, stdio: 'pipe' }),
        /^SEED=(\d+) breaks an invariant: (.*)[^]*/,
      )
    : ((await run({})).status ?? 1)

/** @param {Partial<import('../support/run-bundle.mjs').BundleOptions>} options */
function run(options) {
  return runBundle({
    folder: fileURLToPath(new URL('.', import.meta.url)),
    contents: `import { main } from './run.ts'\nprocess.exitCode = await main(process.env, (text) => process.stdout.write(text))`,
    ...options,
  })
}
