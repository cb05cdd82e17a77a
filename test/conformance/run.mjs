// Runs the checks against your own server: `node test/conformance/run.mjs FILE`. See README.md.
import '../../scripts/node-version.mjs'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { install } from '../../scripts/run.mjs'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-conformance-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

// Bundles the checks with the packages' sources: Node 20 does not run TypeScript, and this needs no build step.
const outfile = join(folder, 'run.mjs')
const { build } = await importBundler()
await build({
  entryPoints: [fileURLToPath(new URL('run.ts', import.meta.url))],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  conditions: ['source'],
  // undici is CommonJS, which requires Node's own modules.
  banner: {
    js: `import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)`,
  },
  logLevel: 'warning',
})
// A BFF's timers do not keep the process running.
const keepAlive = setInterval(() => {}, 1000)
const { main } = await import(pathToFileURL(outfile).href)
process.exitCode = await main(process.argv.slice(2), (/** @type {string} */ text) =>
  process.stdout.write(text),
)
clearInterval(keepAlive)

/** Imports esbuild. Installs the dependencies first if this is a fresh clone. */
async function importBundler() {
  const bundler = await import('esbuild').catch(() => null)
  if (bundler) return bundler
  const { ok, output } = await install()
  if (!ok) throw new Error(output)
  return import('esbuild')
}
