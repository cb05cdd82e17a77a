// Runs the checks against your own server: `node test/conformance/run.mjs FILE`. See README.md.
import { fileURLToPath } from 'node:url'
import { runBundle } from '../support/run-bundle.mjs'

const { status } = await runBundle({
  folder: fileURLToPath(new URL('.', import.meta.url)),
  contents: `
    import { main } from './run.ts'
    // A BFF's timers do not keep the process running.
    const keepAlive = setInterval(() => {}, 1000)
    process.exitCode = await main(process.argv.slice(2), (text) => process.stdout.write(text))
    clearInterval(keepAlive)`,
  args: process.argv.slice(2),
})
process.exitCode = status ?? 1
