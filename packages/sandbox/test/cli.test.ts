import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startSandbox } from '../src/index.ts'
import { readBody } from './requests.ts'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-sandbox-'))
const command = join(folder, 'cli.mjs')

beforeAll(async () => {
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: fileURLToPath(new URL('../src/cli.ts', import.meta.url)),
      outDir: folder,
      minify: false,
      rolldownOptions: { output: { entryFileNames: 'cli.mjs' } },
    },
  })
  write('users.json', '[{ "username": "ada", "password": "analytical engine" }]')
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true }))

let child: ChildProcess | undefined

afterEach(async () => {
  if (child?.exitCode === null && child.kill()) await once(child, 'exit')
  child = undefined
})

function write(file: string, content: string): void {
  writeFileSync(join(folder, file), content)
}

/** Runs the command until it ends. */
async function run(...args: string[]): Promise<{ code: number | null; output: string; errors: string }> {
  const ending = spawn(process.execPath, [command, ...args], { cwd: folder })
  const [output, errors, [code]] = await Promise.all([
    text(ending.stdout),
    text(ending.stderr),
    once(ending, 'exit') as Promise<[number | null]>,
  ])
  return { code, output, errors }
}

/** Runs the command on a free port, and resolves with what it prints once it serves requests. */
async function start(...args: string[]): Promise<{ url: string; output: string }> {
  const serving = spawn(process.execPath, [command, '--port', '0', ...args], { cwd: folder })
  child = serving
  const [output] = (await once(serving.stdout.setEncoding('utf8'), 'data')) as [string]
  return { url: /^url +(\S+)$/m.exec(output)?.[1] ?? '', output }
}

function signIn(url: string, username: string, password: string): Promise<Response> {
  const body = new URLSearchParams({ grant_type: 'password', username, password })
  return fetch(`${url}/class/connect/token`, { method: 'POST', body })
}

async function getAllowedOrigin(url: string, origin: string): Promise<string | null> {
  const response = await fetch(`${url}/axosoft/api/v6/items`, { headers: { Origin: origin } })
  return response.headers.get('Access-Control-Allow-Origin')
}

describe('latchkey-sandbox', () => {
  it('serves requests and prints the credentials that it accepts', async () => {
    const { url, output } = await start('--lifetime', '5')
    expect((await fetch(`${url}/health`)).status).toBe(200)
    const printed = (name: string): string => new RegExp(`^${name} +(.+)$`, 'm').exec(output)?.[1] ?? ''
    const response = await signIn(url, printed('username'), printed('password'))
    expect(await readBody(response)).toMatchObject({ expires_in: 5 })
    expect(await getAllowedOrigin(url, 'http://localhost:5173')).toBeNull()
    expect(output).toMatch(/^cors +off$/m)
  })

  it('allows pages of any origin with --cors', async () => {
    const { url, output } = await start('--cors')
    expect(await getAllowedOrigin(url, 'http://localhost:5173')).toBe('*')
    expect(output).toMatch(/^cors +any origin$/m)
  })

  it('allows pages of the origins that --cors names', async () => {
    const { url } = await start('--cors', 'http://localhost:5173', '--cors=https://app.example')
    expect(await getAllowedOrigin(url, 'http://localhost:5173')).toBe('http://localhost:5173')
    expect(await getAllowedOrigin(url, 'https://app.example')).toBe('https://app.example')
    expect(await getAllowedOrigin(url, 'https://other.example')).toBeNull()
  })

  it('takes a bare --cors before another option', async () => {
    const { url } = await start('--cors', '--users', 'users.json')
    expect(await getAllowedOrigin(url, 'http://localhost:5173')).toBe('*')
    expect((await signIn(url, 'ada', 'analytical engine')).status).toBe(200)
  })

  it('reads the users from the file of --users, and does not print their passwords', async () => {
    const { url, output } = await start('--users', 'users.json')
    expect((await signIn(url, 'ada', 'analytical engine')).status).toBe(200)
    expect((await signIn(url, 'cathy', 'latchkey-demo')).status).toBe(400)
    expect(output).toMatch(/^users +ada \(from users\.json\)$/m)
    expect(output).not.toContain('analytical engine')
  })

  it.each([
    ['no-such-file.json', null, 'no-such-file.json: does not exist.'],
    ['broken.json', '[{ "password": "analytical engine" ', 'broken.json: is not valid JSON.'],
    ['wrong.json', '[{ "username": "ada" }]', 'wrong.json[0].password: is missing.'],
  ])('ends with 2 and the issue for --users %s', async (file, content, issue) => {
    if (content !== null) write(file, content)
    const { code, errors } = await run('--users', file)
    expect(code).toBe(2)
    expect(errors.split('\n')[0]).toContain(`${issue} Expected: `)
    expect(errors).not.toContain('analytical engine')
  })

  it.each([
    [['--cors', 'localhost:5173'], '--cors: is not an origin. Expected: '],
    [['--port', 'http'], '--port: is not valid. Expected: a whole number from 0 to 65535.'],
    [['--port', '65536'], '--port: is not valid. Expected: a whole number from 0 to 65535.'],
    [['--lifetime', 'long'], '--lifetime: is not valid. Expected: a whole number'],
    [['--prot', '1'], "Unknown option '--prot'"],
  ])('ends with 2, the issue and the help for %j', async (args, issue) => {
    const { code, errors } = await run(...args)
    expect(code).toBe(2)
    expect(errors).toContain(issue)
    expect(errors).toContain('latchkey-sandbox [--port N]')
  })

  it('ends with 1 when the port is in use', async () => {
    const sandbox = await startSandbox()
    const { port } = new URL(sandbox.url)
    const { code, errors } = await run('--port', port)
    await sandbox.close()
    expect(code).toBe(1)
    expect(errors).toBe(`Port ${port} is in use. Stop the other process, or set another port with --port.\n`)
  })

  it('prints its options with --help', async () => {
    const { code, output } = await run('--help')
    expect(code).toBe(0)
    for (const option of ['--port N', '--lifetime SECONDS', '--cors [ORIGIN]', '--users FILE']) {
      expect(output).toContain(option)
    }
  })
})
