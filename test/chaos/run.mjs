// Performs the acts, or with `--mutants` each mutant in the act that finds it. See README.md.
import { fileURLToPath } from 'node:url'
import { runBundle, runMutants } from '../support/run-bundle.mjs'
import { mutants } from './mutants.mjs'

const wsgiProgram = fileURLToPath(new URL('../stories/wsgi-server.py', import.meta.url))
const [argument, ...ids] = process.argv.slice(2)
process.exitCode =
  argument === '--mutants'
    ? await runMutants(
        mutants,
        ids,
        (mutant) =>
          run({
            mutant,
            args: [mutant.act],
            env: { SEED: String(mutant.seed), ...process.env },
            stdio: 'pipe',
          }),
        /^SEED=(\d+) (.*)[^]*/,
      )
    : ((await run({ args: process.argv.slice(2) })).status ?? 1)

/** @param {Partial<import('../support/run-bundle.mjs').BundleOptions>} options */
function run(options) {
  return runBundle({
    folder: fileURLToPath(new URL('.', import.meta.url)),
    contents: `
      import { main } from './run.ts'
      const write = (text) => process.stdout.write(text)
      process.exitCode = await main(process.argv.slice(2), process.env, write, ${JSON.stringify(wsgiProgram)})`,
    otherPrograms: [
      fileURLToPath(new URL('bff-process.ts', import.meta.url)),
      fileURLToPath(new URL('../../packages/bff/src/stores/embedded-thread.js', import.meta.url)),
    ],
    ...options,
  })
}
