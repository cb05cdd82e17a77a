import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findPostgres, findProgram } from '../scripts/find-program.mjs'
import { createCommand } from './cores.mjs'
import { readUsage } from './process-usage.mjs'

/**
 * A database server for shared stores.
 *
 * @typedef {object} Engine
 * @property {import('./servers/index.mjs').EngineAddress} address
 * @property {() => number} readCpu microseconds of its process so far
 * @property {() => Promise<void>} stop ends it and removes its files
 */

/**
 * Starts Redis or Valkey on a socket file. It writes nothing to the disk.
 *
 * @param {import('./cores.mjs').Role} role on which core it runs
 */
export async function startRedis(role = 'load') {
  const folder = createFolder()
  const socket = join(folder, 'socket')
  const program = requireProgram(findProgram(['redis-server', 'valkey-server']), 'redis-server')
  const args = ['--port', '0', '--unixsocket', socket, '--dir', folder, '--save', '', '--appendonly', 'no']
  return startEngine(role, folder, program, args, {}, { kind: 'redis', path: socket })
}

/**
 * Starts PostgreSQL on a socket file, with its defaults.
 *
 * @param {import('./cores.mjs').Role} role on which core it runs
 */
export async function startPostgres(role = 'load') {
  const folder = createFolder()
  const data = join(folder, 'data')
  const programs = requireProgram(findPostgres(), 'postgresql')
  const user = getPostgresUser()
  chmodSync(folder, 0o755)
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid)
  const initArgs = ['-D', data, '-A', 'trust', '-U', 'postgres', '--no-sync', '--no-instructions']
  execFileSync(join(programs, 'initdb'), initArgs, { ...user, cwd: folder, stdio: 'ignore' })
  const args = ['-D', data, '-c', 'listen_addresses=', '-c', `unix_socket_directories=${folder}`]
  return startEngine(role, folder, join(programs, 'postgres'), args, user, { kind: 'postgres', path: folder })
}

/**
 * @param {import('./cores.mjs').Role} role
 * @param {string} folder
 * @param {string} program
 * @param {string[]} programArgs
 * @param {{ uid?: number, gid?: number }} user
 * @param {import('./servers/index.mjs').EngineAddress} address
 * @returns {Promise<Engine>}
 */
async function startEngine(role, folder, program, programArgs, user, address) {
  const [command, args] = createCommand(role, program, programArgs)
  const child = spawn(command, args, { ...user, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  process.on('exit', () => child.kill('SIGKILL'))
  let output = ''
  await new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => {
        output += String(text)
        if (/ready to accept connections/i.test(output)) resolve(null)
      })
    child.once('exit', () => reject(new Error(output)))
  })
  return {
    address,
    readCpu: () => readUsage(child.pid ?? 0)?.cpuMicroseconds ?? 0,
    async stop() {
      const exit = once(child, 'exit')
      child.kill('SIGQUIT')
      await exit
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function createFolder() {
  return mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
}

/**
 * @param {string | null} program
 * @param {string} name
 */
function requireProgram(program, name) {
  if (program === null) throw new Error(`This measurement needs ${name}, which is not installed.`)
  return program
}

/**
 * PostgreSQL refuses to run as root.
 *
 * @returns {{ uid?: number, gid?: number }}
 */
function getPostgresUser() {
  if (process.getuid?.() !== 0) return {}
  /** @param {string} kind */
  const readId = (kind) => Number(execFileSync('id', [kind, 'postgres'], { encoding: 'utf8' }))
  return { uid: readId('-u'), gid: readId('-g') }
}
