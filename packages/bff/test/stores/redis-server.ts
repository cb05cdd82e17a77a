import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RedisClientType } from '@redis/client'
import { createClient } from '@redis/client'
import { findProgram } from '../../../../scripts/find-program.mjs'

/** A Redis or Valkey of a test, on a socket file. */
export interface RedisServer {
  /** The address for child processes. */
  readonly path: string
  /** Opens a connection that connects again by itself and fails at once while it cannot. */
  connect: () => Promise<RedisClientType>
  /** Stops the process, and returns a function that lets it continue. */
  pause: () => Promise<() => Promise<void>>
  /** Kills the process, and returns a function that starts it again with its records. */
  kill: () => Promise<() => Promise<void>>
  /** Closes all connections, ends the process and removes its files. */
  close: () => Promise<void>
}

/** Returns the program of an installed Redis or Valkey, or `null`. */
export function findRedis(): string | null {
  return findProgram(['redis-server', 'valkey-server'])
}

/** @param settings further settings, each with its value */
export async function startRedis(program: string, settings: readonly string[] = []): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-redis-'))
  const path = join(folder, 'socket')
  const clients: RedisClientType[] = []
  let server = await start()

  return {
    path,
    async connect() {
      const client: RedisClientType = createClient({
        socket: { path, tls: false },
        disableOfflineQueue: true,
      })
      client.on('error', () => {})
      clients.push(client)
      await client.connect()
      return client
    },
    async pause() {
      server.kill('SIGSTOP')
      return async () => void server.kill('SIGCONT')
    },
    async kill() {
      const exit = once(server, 'exit')
      server.kill('SIGKILL')
      await exit
      return async () => void (server = await start())
    },
    async close() {
      for (const client of clients) client.destroy()
      const exit = server.exitCode === null ? once(server, 'exit') : undefined
      server.kill('SIGKILL')
      await exit
      rmSync(folder, { recursive: true })
    },
  }

  async function start(): Promise<ChildProcess> {
    // Each write is in the file before its reply, so that it survives the end of the process.
    const persistence = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'no']
    const args = ['--port', '0', '--unixsocket', path, '--dir', folder, ...persistence]
    const child = spawn(program, [...args, ...settings], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (data) => {
        output += String(data)
        if (/ready to accept connections/i.test(output)) resolve()
      })
      child.on('exit', () => reject(new Error(output)))
    })
    return child
  }
}
