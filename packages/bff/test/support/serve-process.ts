import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { installPackage } from './command.ts'

const packageFolder = join(import.meta.dirname, '../..')

/** A client secret that no log may contain. */
export const clientSecret = 'canary-client-secret'

/** Creates a project outside of the repository with the command, `send` and libsql. */
export async function createServeProject(): Promise<string> {
  const project = mkdtempSync(join(tmpdir(), 'latchkey-serve-'))
  await installPackage(project)
  // The store's thread loads these files beside the command, and libsql where Node has no SQLite.
  const stores = join(packageFolder, 'src/stores')
  for (const file of readdirSync(stores).filter((name) => name.endsWith('.js')))
    copyFileSync(join(stores, file), join(project, 'node_modules/@latchkey/bff', file))
  for (const name of ['libsql', 'send'])
    symlinkSync(
      realpathSync(join(packageFolder, 'node_modules', name)),
      join(project, 'node_modules', name),
      'junction',
    )
  return project
}

export const removeProject = (project: string): void => rmSync(project, { recursive: true, force: true })

/** A token endpoint at `/token` and an API that sends the `Authorization` header back. */
export interface Upstream {
  readonly url: string
  /** Ends the responses of `/api/slow`, which wait for it. */
  readonly releases: (() => void)[]
  readonly close: () => void
}

export async function startUpstream(): Promise<Upstream> {
  const releases: (() => void)[] = []
  const server = createServer((request, response) => {
    const respond = (value: object): void =>
      void response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(value))
    if (request.url === '/token')
      return respond({
        access_token: 'access',
        refresh_token: 'refresh',
        token_type: 'Bearer',
        expires_in: 900,
      })
    if (request.url === '/api/slow') return void releases.push(() => respond({ slow: true }))
    respond({ authorization: request.headers.authorization })
  })
  server.on('upgrade', ({ headers }, socket) =>
    socket.end(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n${headers.authorization}`,
    ),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = (): void => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, releases, close }
}

/** A running `latchkey serve`. */
export interface ServeProcess {
  readonly child: ChildProcess
  readonly origin: string
  /** Everything that it has printed so far. */
  readonly log: () => string
  /** Sends a signal and waits for a line of the log. */
  readonly signal: (name: NodeJS.Signals, line: RegExp | string) => Promise<void>
  /** Ends it with SIGTERM, and returns exit code and signal. */
  readonly stop: () => Promise<unknown[]>
}

/** Starts `latchkey serve` in a project, and waits until it serves. */
export async function startServe(project: string, args: readonly string[] = []): Promise<ServeProcess> {
  const command = join(project, 'node_modules/@latchkey/bff/cli.js')
  const child = spawn(process.execPath, [command, 'serve', '--port', '0', ...args], {
    cwd: project,
    env: { PATH: process.env['PATH'], SECRET: clientSecret },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = once(child, 'close')
  let log = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (log += String(chunk)))
  const waitForLine = (line: RegExp | string, start = 0): Promise<void> =>
    vi.waitFor(() => expect(log.slice(start)).toMatch(line), { timeout: 25_000 })
  await waitForLine(/Serving dist on https?:\S+:\d+,/)
  return {
    child,
    origin: /Serving dist on (\S+),/.exec(log)![1]!,
    log: () => log,
    signal: async (name, line) => {
      const start = log.length
      child.kill(name)
      await waitForLine(line, start)
    },
    stop: () => {
      child.kill('SIGTERM')
      return closed
    },
  }
}
