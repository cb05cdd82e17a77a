import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'

/** A PostgreSQL of a test, on a socket file. */
export interface PostgresServer {
  /** The `host` of a connection: the folder of the socket file. */
  readonly host: string
  /** Opens a pool that connects again by itself. */
  connect: () => pg.Pool
  /** Listens to a channel, until the server ends. */
  listen: (channel: string, onMessage: (message: string) => void) => Promise<void>
  /** Ends the server at once, and returns a function that starts it again with its records. */
  kill: () => Promise<() => Promise<void>>
  /** Closes all connections, ends the server and removes its files. */
  close: () => Promise<void>
}

export async function startPostgres(programs: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-postgres-'))
  const data = join(folder, 'data')
  const user = getUser()
  chmodSync(folder, 0o755)
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid)
  const initArgs = ['-D', data, '-A', 'trust', '-U', 'postgres', '--no-sync', '--no-instructions']
  execFileSync(join(programs, 'initdb'), initArgs, { ...user, cwd: folder, stdio: 'ignore' })
  const connection = { host: folder, user: 'postgres', database: 'postgres' }
  const pools: pg.Pool[] = []
  const listeners: pg.Client[] = []
  let server = await start()

  return {
    host: folder,
    connect() {
      const pool = new pg.Pool({ ...connection, connectionTimeoutMillis: 3000 })
      pool.on('error', () => {})
      pools.push(pool)
      return pool
    },
    async listen(channel, onMessage) {
      const client = new pg.Client(connection)
      client.on('error', () => {})
      client.on('notification', ({ payload }) => onMessage(payload ?? ''))
      listeners.push(client)
      await client.connect()
      await client.query(`LISTEN ${channel}`)
    },
    async kill() {
      await stop()
      return async () => void (server = await start())
    },
    async close() {
      await Promise.all([...pools, ...listeners].map((client) => client.end()))
      await stop()
      rmSync(folder, { recursive: true })
    },
  }

  /** SIGQUIT ends all its processes without saving anything. */
  async function stop(): Promise<void> {
    if (server.exitCode !== null) return
    const exit = once(server, 'exit')
    server.kill('SIGQUIT')
    await exit
  }

  async function start(): Promise<ChildProcess> {
    const settings = ['listen_addresses=', `unix_socket_directories=${folder}`, 'fsync=off'].flatMap(
      (setting) => ['-c', setting],
    )
    const child = spawn(join(programs, 'postgres'), ['-D', data, ...settings], {
      ...user,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let output = ''
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (text) => {
        output += String(text)
        if (output.includes('ready to accept connections')) resolve()
      })
      child.on('exit', () => reject(new Error(output)))
    })
    return child
  }
}

/** PostgreSQL refuses to run as root. */
function getUser(): Pick<SpawnOptions, 'uid' | 'gid'> {
  if (process.getuid?.() !== 0) return {}
  const readId = (kind: string): number =>
    Number(execFileSync('id', [kind, 'postgres'], { encoding: 'utf8' }))
  return { uid: readId('-u'), gid: readId('-g') }
}
