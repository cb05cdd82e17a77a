import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { findNpm } from '../scripts/find-npm.mjs'
import { parseOptions } from '../scripts/options.mjs'
import { npx, root, tool } from '../scripts/run.mjs'
import { describePlan } from '../scripts/system-packages.mjs'

const folder = mkdtempSync(join(tmpdir(), 'latchkey scripts '))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function makeFile(path: string): string {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, '')
  return file
}

describe('findNpm', () => {
  const node = join(folder, 'nowhere/node')

  it('prefers the npm that started the command', () => {
    const cli = makeFile('running/bin/npx-cli.js')
    const env = { npm_execpath: join(folder, 'running/bin/npm-cli.js') }
    expect(findNpm('npx', { env, node })).toBe(cli)
  })

  it('ignores another package manager that started the command', () => {
    const env = { npm_execpath: makeFile('pnpm/bin/pnpm.cjs') }
    expect(findNpm('npx', { env, node })).toBeNull()
  })

  it.each([
    ['Windows', 'windows/node.exe', 'windows/node_modules/npm/bin/npx-cli.js'],
    ['other systems', 'posix/bin/node', 'posix/lib/node_modules/npm/bin/npx-cli.js'],
  ])('finds the npm that was installed with Node on %s', (_, program, cli) => {
    makeFile(cli)
    expect(findNpm('npx', { env: {}, node: join(folder, program) })).toBe(join(folder, cli))
  })

  it('follows a link in the PATH', () => {
    const npm = makeFile('share/npm/bin/npm-cli.js')
    mkdirSync(join(folder, 'path'))
    symlinkSync(npm, join(folder, 'path/npm'))
    const PATH = ['', join(folder, 'nothing'), join(folder, 'path')].join(delimiter)
    expect(findNpm('npm', { env: { PATH }, node })).toBe(npm)
  })

  it('returns nothing for a shell script of that name', () => {
    makeFile('shims/npm')
    expect(findNpm('npm', { env: { PATH: join(folder, 'shims') }, node })).toBeNull()
  })
})

describe('npx', () => {
  it('passes arguments with spaces, quotes and dollar signs unchanged', async () => {
    const file = join(folder, 'print arguments.cjs')
    writeFileSync(file, 'console.log(JSON.stringify(process.argv.slice(2)))')
    const args = ['C:\\First Last\\Temp', 'a "b"', "it's", '$HOME', '%PATH%', 'a&b']
    const { output } = await npx(['--no-install', '--', 'node', file, ...args])
    expect(output.trim().split('\n').at(-1)).toBe(JSON.stringify(args))
  })
})

describe('npm test and npm run check', () => {
  it('run the browser tests unless --no-browser is given', () => {
    expect(parseOptions([])).toEqual({ withBrowser: true })
    expect(parseOptions(['--no-browser'])).toEqual({ withBrowser: false })
  })

  it.each(['test.mjs', 'check.mjs'])('refuse an argument that they do not know: %s', async (script) => {
    const { ok, output } = await tool(join(root, 'scripts', script), ['--no-browsers', '--no-browser'])
    expect(ok).toBe(false)
    expect(output).toBe(
      'Unknown argument: --no-browsers. Expected: nothing, or --no-browser to leave out the tests that need a browser.\n',
    )
  })
})

describe('npm test as root on Debian', () => {
  it('prints what it installs, why, and how to run the checks without it', () => {
    expect(describePlan([{ packages: ['chromium', 'fonts'], reason: 'the browser tests run in it' }])).toBe(
      `npm test runs as root on Debian, so it installs these missing packages with apt-get:
  chromium fonts (the browser tests run in it)
To install nothing, press Ctrl-C and run npm run check instead, with -- --no-browser where there is no Chromium.`,
    )
  })
})
