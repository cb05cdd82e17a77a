import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCommand } from './cores.mjs'
import { readUsage } from './process-usage.mjs'
import { findNginx, writeNginxConfiguration } from './nginx.mjs'

/**
 * @typedef {{ name: import('./servers/index.mjs').ServerName, upstreams: import('./servers/index.mjs').Upstreams }} ServerArguments
 *
 * @typedef {object} ServerProcess a server in a process of its own
 * @property {string} name
 * @property {number} port
 * @property {import('./servers/index.mjs').Signed[]} sessions
 * @property {() => Promise<import('./process-usage.mjs').Usage>} readUsage
 * @property {() => Promise<void>} stop
 */

/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/**
 * Starts a server of `servers/index.mjs`.
 *
 * @param {import('./cores.mjs').Role} role on which core it runs
 * @param {import('./servers/index.mjs').ServerName} name
 * @param {import('./servers/index.mjs').Upstreams} [upstreams]
 * @returns {Promise<ServerProcess>}
 */
export async function startServer(role, name, upstreams = { tokenEndpoint: '', resourceServer: '' }) {
  const child = startChild(role, 'server-process.mjs', [JSON.stringify({ name, upstreams })])
  const { port, sessions } = await receive(child)
  return {
    name,
    port,
    sessions,
    async readUsage() {
      const usage = readUsage(child.pid ?? 0)
      if (usage) return usage
      child.send('usage')
      return receive(child)
    },
    stop: () => stopChild(child),
  }
}

/**
 * Starts nginx as a proxy, in one process.
 *
 * @param {string} resourceServer
 * @returns {Promise<ServerProcess | null>} `null` where nginx is not installed, or its usage cannot be read
 */
export async function startNginx(resourceServer) {
  const program = findNginx()
  if (program === null || process.platform !== 'linux') return null
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-nginx-'))
  const port = await writeNginxConfiguration(folder, resourceServer)
  const [command, args] = createCommand('server', program, [
    ...['-p', `${folder}/`, '-c', 'nginx.conf', '-e', 'stderr'],
  ])
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  children.add(child)
  await new Promise((resolve, reject) => {
    let output = ''
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output += text
      // The first notice after the sockets are open.
      if (/ OS: /.test(output)) resolve(null)
    })
    child.once('exit', () => reject(new Error(`nginx ended: ${output}`)))
  })
  return {
    name: 'nginx',
    port,
    sessions: [{ cookie: 'session=constant', sessionId: '' }],
    readUsage: async () => readUsage(child.pid ?? 0) ?? { cpuMicroseconds: 0, peakBytes: 0 },
    async stop() {
      await stopChild(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/**
 * Starts a process that sends requests.
 *
 * @param {import('./cores.mjs').Role} role on which core it runs
 */
export function startLoad(role = 'load') {
  const child = startChild(role, 'load-process.mjs', [])
  return {
    /**
     * Runs one command and returns its result.
     *
     * @template {keyof import('./load-process.mjs').Commands} Name
     * @param {Name} name
     * @param {Parameters<import('./load-process.mjs').Commands[Name]>[0]} options
     * @returns {ReturnType<import('./load-process.mjs').Commands[Name]>}
     */
    run(name, options) {
      child.send({ name, options })
      return /** @type {never} */ (receive(child))
    },
    stop: () => stopChild(child),
  }
}

/**
 * @param {import('./cores.mjs').Role} role
 * @param {string} file
 * @param {string[]} args
 */
function startChild(role, file, args) {
  const [command, [...commandArgs]] = createCommand(role, process.execPath, [
    join(import.meta.dirname, file),
    ...args,
  ])
  const child =
    command === process.execPath
      ? fork(join(import.meta.dirname, file), args)
      : spawn(command, commandArgs, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  children.add(child)
  return child
}

/**
 * Returns the next message of a process.
 *
 * @param {import('node:child_process').ChildProcess} child
 */
async function receive(child) {
  const ended = new AbortController()
  const { signal } = ended
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]) => message),
      once(child, 'exit', { signal }).then(([code]) => {
        throw new Error(`A process of the benchmark ended with ${code}`)
      }),
    ])
  } finally {
    ended.abort()
  }
}

/** @param {import('node:child_process').ChildProcess} child */
async function stopChild(child) {
  children.delete(child)
  if (child.exitCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}
