// What Latchkey adds to a page, minified and gzipped, React left out. Fails above the budget.
import { gzipSync } from 'node:zlib'
import { join } from 'node:path'
import { build } from 'esbuild'
import { root } from './run.mjs'

/** Bytes of {@link page}, see docs/decisions/0001-the-house.md. */
const budget = 4000

const client = `export { createAuthClient } from '@latchkey/core'`
const page = `export { AuthProvider, useAccessToken, useAuth } from '@latchkey/react'\n${client}`
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
  const { metafile, outputFiles } = await build({
    stdin: { contents, resolveDir: join(root, 'test') },
    bundle: true,
    format: 'esm',
    minify: true,
    target: 'es2022',
    external: ['react', 'react/*', 'react-dom'],
    metafile: true,
    write: false,
  })
  const text = outputFiles[0]?.text ?? ''
  if (/\bzod\b/i.test(text) || Object.keys(metafile.inputs).some((file) => file.includes('/zod/')))
    throw new Error('zod is in a bundle that browsers load')
  return gzipSync(text, { level: 9 }).length
}

/** @param {number} bytes */
function kB(bytes) {
  return (bytes / 1000).toFixed(2)
}
