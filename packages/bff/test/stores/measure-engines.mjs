// Compares engines for the embedded store; decision 0023 has its results. Installs them from npm into a temporary folder:
//   node packages/bff/test/stores/measure-engines.mjs [PACKAGE@VERSION or node:sqlite …]
// Run it as root on Linux to include the full disk.
// @ts-nocheck -- the packages that it compares are not installed here
import { execFileSync, spawn } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const value = new Uint8Array(1500).fill(7)
const maxMs = 30_000
const [role, ...args] = process.argv.slice(2)

/** Opens an engine: `insert` resolves when the value survives a power loss. */
const openers = {
  lmdb(load, folder) {
    const database = load('lmdb').open({ path: folder, overlappingSync: false })
    return {
      get: (key) => (database.resetReadTxn(), database.get(key)),
      insert: (key) => database.transaction(() => database.putSync(key, value)),
      hold: (whenHeld) => database.transactionSync(whenHeld),
      close: () => database.close(),
    }
  },
  sqlite(database) {
    for (const pragma of [
      'busy_timeout = 3000',
      'journal_mode = WAL',
      'synchronous = FULL',
      'cache_size = -16000',
    ])
      database.exec(`PRAGMA ${pragma}`)
    database.exec('CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, key TEXT UNIQUE, value BLOB)')
    const select = database.prepare('SELECT value FROM t WHERE key = ?')
    const insert = database.prepare('INSERT INTO t (key, value) VALUES (?, ?)')
    let keys = []
    let commit = Promise.resolve()
    // Calls of one turn share a transaction, as they do in the store.
    const commitKeys = async () => {
      await new Promise(setImmediate)
      database.exec('BEGIN IMMEDIATE')
      for (const key of keys.splice(0)) insert.run(key, value)
      database.exec('COMMIT')
    }
    return {
      get: (key) => select.get(key)?.value,
      insert: (key) => (keys.push(key) === 1 ? (commit = commitKeys()) : commit),
      hold: (whenHeld) => (database.exec('BEGIN IMMEDIATE'), whenHeld()),
      close: () => (database.exec('PRAGMA wal_checkpoint(TRUNCATE)'), database.close()),
    }
  },
  'node:sqlite': (load, folder) => openers.sqlite(new (load('node:sqlite').DatabaseSync)(join(folder, 'db'))),
  libsql: (load, folder) => openers.sqlite(new (load('libsql'))(join(folder, 'db'))),
  'better-sqlite3': (load, folder) => openers.sqlite(new (load('better-sqlite3'))(join(folder, 'db'))),
  'classic-level'(load, folder) {
    const database = new (load('classic-level').ClassicLevel)(folder, { valueEncoding: 'view' })
    return {
      get: (key) => database.get(key),
      insert: (key) => database.put(key, value, { sync: true }),
      hold: async (whenHeld) => (await database.open(), whenHeld()),
      close: () => database.close(),
    }
  },
}

const tasks = {
  async speed({ get, insert }) {
    const measure = async (count, parallel, call) => {
      let next = 0
      const before = process.cpuUsage()
      const startedAt = performance.now()
      const work = async () => {
        while (next < count) await call(next++)
      }
      await Promise.all(Array.from({ length: parallel }, work))
      const { user, system } = process.cpuUsage(before)
      const wall = ((performance.now() - startedAt) * 1000) / count
      return `${((user + system) / count).toFixed(0)} (${wall.toFixed(0)})`
    }
    await measure(2048, 64, (index) => insert(`warm${index}`))
    const alone = await measure(100, 1, (index) => insert(`alone${index}`))
    const many = await measure(2048, 64, (index) => insert(`many${index}`))
    await measure(10_000, 16, (index) => get(`warm${index % 2000}`))
    const read = await measure(30_000, 16, (index) => get(`warm${index % 2000}`))
    writeSync(1, `insert ${alone}, of 64 at once ${many}, read ${read}`)
    process.exit()
  },
  async write({ insert }) {
    for (let index = 0; ; index += 1) {
      await insert(`${process.pid} ${index}`)
      writeSync(1, `${process.pid} ${index}\n`)
    }
  },
  async check({ get }, keys) {
    let missing = 0
    for (const key of keys) if (!(await get(key))) missing += 1
    writeSync(1, `${missing} of ${keys.length} missing`)
    process.exit()
  },
  async fill({ insert, close }) {
    const keys = Array.from({ length: 600 }, (_, index) => `k${index}`)
    while (keys.length > 0) await Promise.all(keys.splice(0, 20).map((key) => insert(key)))
    await close()
    writeSync(1, 'no error')
    process.exit()
  },
  async readAll({ get }) {
    let found = 0
    for (let index = 0; index < 600; index += 1) if (await get(`k${index}`)) found += 1
    writeSync(1, `no error, ${found} of 600 found`)
    process.exit()
  },
  hold: ({ hold }) =>
    hold(() => {
      writeSync(1, 'held')
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    }),
}

if (role === 'child') {
  const [engine, task, folder, modules, ...rest] = args
  const load = createRequire(join(modules, 'file.js'))
  try {
    await tasks[task](openers[engine](load, folder), rest)
  } catch (error) {
    writeSync(1, `error: ${error.cause?.message ?? error.message}`)
    process.exit(3)
  }
} else await compare([role, ...args].filter(Boolean))

/** @param {string[]} chosen */
async function compare(chosen) {
  const root = mkdtempSync(join(tmpdir(), 'engines-'))
  const engines =
    chosen.length > 0 ? chosen : ['lmdb@3.5.6', 'libsql@0.5.29', 'node:sqlite', 'classic-level@3.0.0']
  for (const [index, engine] of engines.entries()) {
    const name = engine.replace(/(?<=.)@.*/, '')
    const modules = join(root, `modules${index}`)
    mkdirSync(modules)
    let size = 'part of Node'
    if (!name.startsWith('node:')) {
      execFileSync('npm', ['install', '--prefix', modules, '--no-audit', '--no-fund', engine], {
        stdio: 'ignore',
      })
      size =
        execFileSync('du', ['-sh', join(modules, 'node_modules')], { encoding: 'utf8' }).split('\t')[0] ?? ''
    }
    const print = (what, result) =>
      process.stdout.write(`${engine} | Node ${process.versions.node} | ${what} | ${result}\n`)
    const folder = (label) => {
      const path = join(root, `${index}-${label}`)
      mkdirSync(path, { recursive: true })
      return path
    }
    const run = (task, path, ...rest) => runChild([name, task, path, modules, ...rest])
    print('size of the install', size)
    print('µs of CPU (and of time) a call', await run('speed', folder('speed')))

    const killed = folder('kill')
    const writers = [1, 2].map(() => startChild([name, 'write', killed, modules]))
    await Promise.race(writers.map(({ firstOutput, done }) => Promise.race([firstOutput, done])))
    await new Promise((resolve) => setTimeout(resolve, 2000))
    for (const { child } of writers) child.kill('SIGKILL')
    const outputs = await Promise.all(writers.map(({ done }) => done))
    // The last line of a killed process may be cut.
    const keys = outputs.flatMap(({ output }) => output.split('\n').slice(0, -1))
    print('two processes write, kill -9', await run('check', killed, ...keys.slice(0, 3000)))

    const stopped = folder('stop')
    const holder = startChild([name, 'hold', stopped, modules])
    await Promise.race([holder.firstOutput, holder.done])
    holder.child.kill('SIGSTOP')
    print('writes while another is stopped in a write', await run('fill', stopped))
    holder.child.kill('SIGKILL')

    for (const damage of ['cut in half', 'second half overwritten', 'first page overwritten']) {
      const damaged = folder(damage.replaceAll(' ', '-'))
      await run('fill', damaged)
      const file = findLargestFile(damaged)
      if (file === undefined) continue
      const { size: bytes } = statSync(file)
      if (damage === 'cut in half') truncateSync(file, Math.floor(bytes / 2))
      else {
        const start = damage.startsWith('first') ? 0 : Math.floor(bytes / 2)
        const length = damage.startsWith('first') ? 4096 : bytes - start
        writeSync(openSync(file, 'r+'), new Uint8Array(length).fill(0xa5), 0, length, start)
      }
      print(`reads when the file is ${damage}`, await run('readAll', damaged))
    }

    if (process.getuid?.() === 0) {
      const full = folder('full')
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', full])
      print('writes on a full disk', await run('fill', full))
      execFileSync('umount', [full])
    }
  }
  rmSync(root, { recursive: true })
}

/** @param {string} folder */
function findLargestFile(folder) {
  const files = readdirSync(folder).map((name) => join(folder, name))
  return files.toSorted((a, b) => statSync(b).size - statSync(a).size)[0]
}

/** @param {string[]} childArgs */
async function runChild(childArgs) {
  const { child, done } = startChild(childArgs)
  const timer = setTimeout(() => child.kill('SIGKILL'), maxMs)
  const startedAt = performance.now()
  const { output, code, signal } = await done
  clearTimeout(timer)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  if (signal === 'SIGKILL') return `hangs (ended after ${maxMs / 1000} s)`
  if (signal) return `the process ends with ${signal}`
  return code === 0 || code === 3 ? `${output} (${seconds} s)` : `the process ends with exit code ${code}`
}

/** @param {string[]} childArgs */
function startChild(childArgs) {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), 'child', ...childArgs], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let output = ''
  child.stdout.on('data', (data) => (output += String(data)))
  const firstOutput = new Promise((resolve) => child.stdout.once('data', resolve))
  const done = new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ output, code, signal }))
  })
  return { child, firstOutput, done }
}
