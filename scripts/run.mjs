import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the repository. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** The one place that says which pnpm installs, packs and writes the lock file. */
const pnpmVersion = '12.21.0'

/**
 * What a command left behind: whether it exited with 0, and all that it wrote.
 *
 * @typedef {{ ok: boolean, output: string }} Outcome
 */

/** Milliseconds after which a command hangs, on the slowest of machines. */
const tooLong = 20 * 60_000

/**
 * Runs a command to its end with its output collected. Never rejects: a command that cannot be started, or
 * that hangs, is one that failed.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<Outcome>}
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined }
    const child = spawn(command, args, {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: tooLong,
      ...options,
    })
    let output = ''
    child.stdout?.setEncoding('utf8').on('data', (text) => (output += text))
    child.stderr?.setEncoding('utf8').on('data', (text) => (output += text))
    child.on('error', (error) => resolve({ ok: false, output: error.message }))
    child.on('close', (code, signal) =>
      resolve({ ok: code === 0, output: signal ? `${output}\n${signal}` : output }),
    )
  })
}

/**
 * Runs pnpm, which nobody needs to have: npx brings the version. See docs/decisions/0001-package-layout.md for
 * why this is neither corepack nor a `packageManager` field.
 *
 * @param {...string} args
 */
export function pnpm(...args) {
  // npx is a batch file on Windows, which only a shell starts.
  return run('npx', ['--yes', `pnpm@${pnpmVersion}`, ...args], { shell: process.platform === 'win32' })
}

/**
 * Installs exactly what the lock file names. Takes a second when nothing is to be done, and replaces
 * without asking a node_modules that another package manager left.
 */
export function install() {
  return pnpm('install', '--frozen-lockfile', '--config.confirm-modules-purge=false')
}

/**
 * The file to give to Node for the command line of an installed development dependency.
 *
 * @param {string} name as in node_modules
 * @param {string} [command] for a package whose command has another name
 * @param {string} [folder] the workspace that depends on it
 */
export function bin(name, command = name, folder = '.') {
  const home = join(root, folder, 'node_modules', name)
  const { bin: bins } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
  return join(home, typeof bins === 'string' ? bins : bins[command])
}

/**
 * Runs the command line of an installed development dependency on this very Node, whichever `node` is in
 * the path.
 *
 * @param {string} file see {@link bin}
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 */
export async function tool(file, args, options) {
  return run(process.execPath, [file, ...args], options)
}
