// `npm start`: nginx, three servers, Redis, and the sandbox in place of Axosoft. A server that ends is started again.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { cathy, demoClient, startSandbox } from '@latchkey/sandbox'
import { build } from 'vite'
import { createNginxConfiguration } from './nginx.mjs'

const here = import.meta.dirname
const serverCount = 3
/** A server that ends sooner has a wrong configuration. */
const minimumMs = 1000
const nginx = findProgram('nginx')
const redis = findProgram('redis-server')

const folder = mkdtempSync(join(tmpdir(), 'latchkey-cluster-'))
const { PORT = '8080' } = process.env
const origin = `http://127.0.0.1:${PORT}`
const [redisPort, ...serverPorts] = await findFreePorts(serverCount + 1)
const sandbox = await startSandbox({ port: 0 })
/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set()
let isEnding = false
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void end(0))

// The page of examples/minimal.
const root = join(folder, 'dist')
await build({
  root: join(here, '../minimal'),
  build: { outDir: root, emptyOutDir: true },
  logLevel: 'warn',
})

mkdirSync(join(folder, 'redis'))
// Sessions must stay until they end.
const memory = ['--maxmemory', '256mb', '--maxmemory-policy', 'noeviction']
start('Redis', redis, [
  '--port',
  `${redisPort}`,
  '--bind',
  '127.0.0.1',
  '--dir',
  join(folder, 'redis'),
  ...memory,
])
await waitForPort(redisPort)

const environment = {
  ...process.env,
  AXOSOFT_SITE: `${sandbox.url}/axosoft`,
  CLIENT_ID: demoClient.clientId,
  CLIENT_SECRET: demoClient.clientSecret,
  REDIS_URL: `redis://127.0.0.1:${redisPort}`,
  ORIGIN: origin,
}
for (const [index, port] of serverPorts.entries()) startServer(index + 1, port)
await Promise.all(serverPorts.map(waitForPort))

writeFileSync(join(folder, 'nginx.conf'), createNginxConfiguration(Number(PORT), serverPorts))
start('nginx', nginx, ['-p', `${folder}/`, '-c', 'nginx.conf', '-e', 'stderr'])
await waitForPort(Number(PORT))
console.log(
  `Open ${origin}/ and sign in as ${cathy.username}, password ${cathy.password}. Kill a server with kill -9.`,
)

/** Starts a server, and again whenever it ends. */
function startServer(number, port) {
  const command = join(here, 'node_modules/.bin/latchkey')
  const args = ['serve', '--config', join(here, 'server/auth.mjs'), '--root', root, '--port', `${port}`]
  const startedAt = performance.now()
  const child = start(`server ${number}`, command, args, environment)
  console.log(`server ${number}: process ${child.pid}, port ${port}`)
  child.once('exit', () => {
    if (isEnding) return
    if (performance.now() - startedAt < minimumMs) void end(1, `server ${number} ends at once`)
    else startServer(number, port)
  })
}

function start(name, command, args, env = process.env) {
  const child = spawn(command, args, { cwd: here, env, stdio: ['ignore', 'ignore', 'inherit'] })
  children.add(child)
  child.once('error', (error) => void end(1, `${name} does not start: ${error.message}`))
  child.once('exit', (code) => {
    children.delete(child)
    if (!isEnding && !name.startsWith('server')) void end(1, `${name} ended with ${code}`)
  })
  return child
}

async function end(code, message) {
  if (isEnding) return
  isEnding = true
  if (message) console.error(message)
  const exits = [...children].map((child) => once(child, 'exit'))
  for (const child of children) child.kill('SIGTERM')
  await Promise.all(exits)
  process.exit(code)
}

/** Finds a program of the system, or says how to install it. */
function findProgram(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
  const file = folders.map((path) => join(path, name)).find((path) => existsSync(path))
  if (file) return file
  console.error(`${name} is missing. On Debian and Ubuntu: apt-get install nginx-light redis-server`)
  return process.exit(1)
}

async function findFreePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => server.address().port)
  await Promise.all(servers.map((server) => new Promise((resolve) => void server.close(resolve))))
  return ports
}

/** Waits until something listens. */
async function waitForPort(port) {
  for (;;) {
    try {
      await fetch(`http://127.0.0.1:${port}/`)
      return
    } catch (error) {
      // Redis closes a connection that speaks HTTP: it listens.
      if (error.cause?.code !== 'ECONNREFUSED') return
      await new Promise((resolve) => void setTimeout(resolve, 50))
    }
  }
}
