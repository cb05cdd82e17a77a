// Prints the bytes that Latchkey adds to a page built by Vite: minified, gzipped, without React. Fails above the budget.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { root } from './run.mjs'

/** Bytes of {@link page}, see docs/decisions/0019-what-order-costs.md. */
const budget = 6850
/** Bytes of {@link form}. */
const budgetWithForm = budget + 2800

const client = `export { createAuthClient } from '@latchkey/core'`
const page = `export { AuthGate, AuthProvider, useAccessToken, useAuth } from '@latchkey/react'\n${client}`
const wire = `export * from '@latchkey/wire'`

const form = `${page}\nexport { SignInForm } from '@latchkey/react/ui'`

const size = await measure(page)
const sizeWithForm = await measure(form)
console.log(
  `${formatKB(size)} of ${formatKB(budget)} kB in a page (of this the client ${formatKB(await measure(client))}, the wire ${formatKB(await measure(wire))})`,
)
console.log(`${formatKB(sizeWithForm)} of ${formatKB(budgetWithForm)} kB with SignInForm`)
if (size > budget || sizeWithForm > budgetWithForm) process.exitCode = 1

/**
 * Builds a module and returns its gzipped bytes.
 *
 * @param {string} contents
 * @throws Error when the bundle contains zod, which triples its size and violates strict content security policies
 */
async function measure(contents) {
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
    if (!('output' in built)) throw new Error('Vite did not build one bundle')
    const [chunk] = built.output
    if (/\bzod\b/i.test(chunk.code) || chunk.moduleIds.some((id) => id.includes('/zod/')))
      throw new Error('The bundle contains zod')
    return gzipSync(chunk.code, { level: 9 }).length
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {number} bytes */
function formatKB(bytes) {
  return (bytes / 1000).toFixed(2)
}
