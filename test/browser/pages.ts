import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { InlineConfig } from 'vite'
import { build, defaultClientConditions, defaultServerConditions, mergeConfig } from 'vite'
import loginPageConfig from '../../examples/login-page/vite.config.ts'
import { root } from '../../scripts/run.mjs'

/** What a build wrote, by its path below the root of the site. */
export type Files = ReadonlyMap<string, Buffer>

/** The example's own settings, on the sources of the packages instead of what was compiled before. */
export function loginPageSettings(command: 'build' | 'serve'): InlineConfig {
  return mergeConfig(loginPageConfig, {
    mode: command === 'build' ? 'production' : 'development',
    root: join(root, 'examples/login-page'),
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['source', ...defaultClientConditions] },
    ssr: { resolve: { conditions: ['source', ...defaultServerConditions] } },
  })
}

/** The example as its users would put it on a server. */
export function buildLoginPage(): Promise<Files> {
  return built(loginPageSettings('build'))
}

/**
 * A page that shows what the example hides: the whole token, and how often each part was rendered. It takes a
 * user of any shape, and hands its client to the test as `window.auth`.
 */
export function buildSmallPage(): Promise<Files> {
  return built({
    root: join(import.meta.dirname, 'page'),
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['source', ...defaultClientConditions] },
  })
}

async function built(settings: InlineConfig): Promise<Files> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-page-'))
  const { NODE_ENV } = process.env
  // Vitest says `test`, with which React is built for development.
  process.env['NODE_ENV'] = 'production'
  try {
    await build(mergeConfig(settings, { build: { outDir: folder, emptyOutDir: true } }))
    const names = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
    return new Map(names.map((name) => [name.slice(folder.length), readFileSync(name)]))
  } finally {
    process.env['NODE_ENV'] = NODE_ENV
    rmSync(folder, { recursive: true })
  }
}
