// `node test/conformance/run.mjs FILE`: the checks, for a server of your own. See README.md.
import '../../scripts/node-version.mjs'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { install } from '../../scripts/run.mjs'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-conformance-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

// Compiled here, with the sources of the packages: not every Node reads TypeScript, and nothing has to be built before.
const outfile = join(folder, 'run.mjs')
const { build } = await bundler()
await build({
  entryPoints: [fileURLToPath(new URL('run.ts', import.meta.url))],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  conditions: ['source'],
  logLevel: 'warning',
})
// The waiting of a BFF keeps no process alive: a server does that by itself.
const alive = setInterval(() => {}, 1000)
const { main } = await import(pathToFileURL(outfile).href)
process.exitCode = await main(process.argv.slice(2), (/** @type {string} */ text) =>
  process.stdout.write(text),
)
clearInterval(alive)

/** What `npm install` of a fresh clone would bring is brought when it is missing. */
async function bundler() {
  const found = await import('esbuild').catch(() => null)
  if (found) return found
  const { ok, output } = await install()
  if (!ok) throw new Error(output)
  return import('esbuild')
}
