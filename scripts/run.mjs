import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findNpm, npmMissing } from './find-npm.mjs'

/** The folder of the repository. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** The pnpm that installs, packs and writes the lock file. No other file names its version. */
const pnpmVersion = '12.21.0'

/**
 * The result of a command: whether it exited with 0, and everything it wrote.
 *
 * @typedef {{ ok: boolean, output: string }} Outcome
 */

/** Milliseconds; a command that takes longer hangs, even on a slow machine. */
const timeoutMs = 20 * 60_000

/** The environment of this process for another one, whose output is to be read. */
export function createChildEnv() {
  // A command in `node_modules/.bin` sets NODE_PATH, through which packages would be found that are not installed.
  return { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, NODE_PATH: undefined }
}

/**
 * Runs a command in the folder of the repository and collects its output. Never rejects: a command that cannot be
 * started or that hangs has failed.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<Outcome>}
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: createChildEnv(),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
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
 * Runs npm.
 *
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 */
export function npm(args, options) {
  return runNpm('npm', args, options)
}

/**
 * Runs the command of an npm package.
 *
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 */
export function npx(args, options) {
  return runNpm('npx', args, options)
}

/**
 * @param {'npm' | 'npx'} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<Outcome>}
 */
async function runNpm(command, args, options) {
  const cli = findNpm(command)
  return cli === null ? { ok: false, output: npmMissing } : tool(cli, args, options)
}

/**
 * Runs pnpm. Contributors do not have to install it: npx brings the pinned version. docs/decisions/0001-package-layout.md
 * says why this is neither corepack nor a `packageManager` field.
 *
 * @param {...string} args
 */
export function pnpm(...args) {
  return runPnpm(root, ...args)
}

/**
 * Runs pnpm in another folder.
 *
 * @param {string} folder
 * @param {...string} args
 */
export function runPnpm(folder, ...args) {
  return npx(['--yes', `pnpm@${pnpmVersion}`, ...args], { cwd: folder })
}

/**
 * Installs exactly what the lock file names. Takes a second when nothing changed. Replaces a `node_modules` of another
 * package manager without a question.
 */
export function install() {
  return pnpm('install', '--frozen-lockfile', '--config.confirm-modules-purge=false')
}

/**
 * Returns the file of an installed development dependency's command, for Node to run.
 *
 * @param {string} name as in node_modules
 * @param {string} [command] for a package whose command has another name
 * @param {string} [folder] the workspace that depends on it
 * @returns {string}
 */
export function bin(name, command = name, folder = '.') {
  const home = join(root, folder, 'node_modules', name)
  const { bin: bins } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
  return join(home, typeof bins === 'string' ? bins : bins[command])
}

/**
 * Runs a JavaScript file with the Node that runs this script, not with the first `node` in the PATH.
 *
 * @param {string} file for example of {@link bin}
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 */
export async function tool(file, args, options) {
  return run(process.execPath, [file, ...args], options)
}
