import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { InlineConfig, Plugin } from 'vite'
import { build, defaultClientConditions, defaultServerConditions, mergeConfig } from 'vite'
import loginPageConfig from '../../examples/login-page/vite.config.ts'
import { root } from '../../scripts/run.mjs'

/** The files of a built site by path. */
export type SiteFiles = ReadonlyMap<string, Buffer>

/** Returns the Vite configuration of the login page example, with the packages' sources instead of their builds. */
export function createLoginPageConfig(command: 'build' | 'serve'): InlineConfig {
  return mergeConfig(loginPageConfig, {
    mode: command === 'build' ? 'production' : 'development',
    root: join(root, 'examples/login-page'),
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['source', ...defaultClientConditions] },
    ssr: { resolve: { conditions: ['source', ...defaultServerConditions] } },
  })
}

/** Builds the login page example for production. */
export function buildLoginPage(): Promise<SiteFiles> {
  return buildPage(createLoginPageConfig('build'))
}

/**
 * Builds the small page, which shows what the login page does not: the complete token and the render count of each
 * part. It accepts any user data, and its client is `window.auth`.
 */
export function buildSmallPage(plugins: Plugin[] = []): Promise<SiteFiles> {
  return buildFolder('page', plugins)
}

/** Builds the page of `@latchkey/react/ui`, with its style sheet, for one BFF at the base path of the other pages. */
export function buildUiPage(): Promise<SiteFiles> {
  return buildFolder('ui-page')
}

function buildFolder(name: string, plugins: Plugin[] = []): Promise<SiteFiles> {
  return buildPage({
    root: join(import.meta.dirname, name),
    configFile: false,
    plugins,
    logLevel: 'error',
    resolve: { conditions: ['source', ...defaultClientConditions] },
  })
}

async function buildPage(config: InlineConfig): Promise<SiteFiles> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-page-'))
  const { NODE_ENV } = process.env
  // Vitest sets `test`, which would build React for development.
  process.env['NODE_ENV'] = 'production'
  try {
    await build(mergeConfig(config, { build: { outDir: folder, emptyOutDir: true } }))
    const names = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
    return new Map(names.map((name) => [name.slice(folder.length), readFileSync(name)]))
  } finally {
    process.env['NODE_ENV'] = NODE_ENV
    rmSync(folder, { recursive: true })
  }
}
