import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'
import { expect, it } from 'vitest'
import { root } from '../scripts/run.mjs'

const page = `export { AuthGate, AuthProvider, useAccessToken, useAuth } from '@latchkey/react'
export { createAuthClient } from '@latchkey/core'`

it('contains the messages for developers in development, and not one of them in production', async () => {
  expect(await bundle('development')).toContain('[latchkey]')
  const production = await bundle('production')
  expect(production).toContain('x-latchkey')
  expect(production).toContain('no auth client')
  expect(production).not.toMatch(/\[latchkey\]|npm ls|vite\.config/)
})

/** The JavaScript that Vite makes of a page which imports everything that most pages import. */
async function bundle(mode: 'development' | 'production'): Promise<string> {
  const folder = mkdtempSync(join(root, 'test', 'node_modules', '.bundle-'))
  try {
    const input = join(folder, 'entry.js')
    writeFileSync(input, page)
    const built = await build({
      root: folder,
      mode,
      configFile: false,
      logLevel: 'error',
      resolve: { conditions: ['source', 'module', 'browser', mode] },
      define: { 'process.env.NODE_ENV': JSON.stringify(mode) },
      build: {
        write: false,
        rollupOptions: { input, external: [/^react/], preserveEntrySignatures: 'strict' },
      },
    })
    if (!('output' in built)) throw new Error('Vite built more than one bundle')
    return built.output.map((file) => (file.type === 'chunk' ? file.code : '')).join('\n')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
