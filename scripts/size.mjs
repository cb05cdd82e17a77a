// What Latchkey adds to a page, as Vite builds one: minified and gzipped, React left out. Fails above the budget.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { root } from './run.mjs'

/** Bytes of {@link page}, see docs/decisions/0001-package-layout.md. */
const budget = 4700

const client = `export { createAuthClient } from '@latchkey/core'`
const page = `export { AuthGate, AuthProvider, useAccessToken, useAuth } from '@latchkey/react'\n${client}`
const wire = `export * from '@latchkey/wire'`

const size = await sizeOf(page)
console.log(
  `${kB(size)} of ${kB(budget)} kB in a page (of this the client ${kB(await sizeOf(client))}, the wire ${kB(await sizeOf(wire))})`,
)
if (size > budget) process.exitCode = 1

/**
 * Throws when zod is inside: it would be two thirds of the bundle, and fires a violation of strict content
 * security policies.
 *
 * @param {string} contents
 */
async function sizeOf(contents) {
  const folder = mkdtempSync(join(root, 'test', 'node_modules', '.size-'))
  try {
    const input = join(folder, 'entry.js')
    writeFileSync(input, contents)
    const built = await build({
      root: folder,
      configFile: false,
      logLevel: 'error',
      build: {
        write: false,
        modulePreload: false,
        rollupOptions: { input, external: [/^react/], preserveEntrySignatures: 'strict' },
      },
    })
    if (!('output' in built)) throw new Error('Vite built something else than one page')
    const [chunk] = built.output
    if (/\bzod\b/i.test(chunk.code) || chunk.moduleIds.some((id) => id.includes('/zod/')))
      throw new Error('zod is in a bundle that browsers load')
    return gzipSync(chunk.code, { level: 9 }).length
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {number} bytes */
function kB(bytes) {
  return (bytes / 1000).toFixed(2)
}
