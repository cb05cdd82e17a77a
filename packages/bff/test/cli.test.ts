import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const source = fileURLToPath(new URL('../src/cli.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'latchkey-cli-'))
const command = join(folder, 'cli.mjs')
const password = 'correct horse'

/** Accepts the client `portal` with `s3cret` (Basic), and issues tokens for one password. */
const server = createServer((request, response) => {
  void text(request).then((body) => {
    const parameters = new URLSearchParams(body)
    const isClientAccepted = request.headers.authorization === `Basic ${btoa('portal:s3cret')}`
    const isGrantAccepted =
      parameters.get('password') === password || parameters.get('refresh_token') === 'refresh'
    const result = !isClientAccepted
      ? { error: 'invalid_client' }
      : isGrantAccepted
        ? { access_token: 'access', refresh_token: 'refresh', token_type: 'Bearer', expires_in: 900 }
        : { error: 'invalid_grant' }
    response.writeHead('error' in result ? 400 : 200, { 'Content-Type': 'application/json' })
    response.end(JSON.stringify(result))
  })
})

beforeAll(async () => {
  await build({
    configFile: false,
    logLevel: 'error',
    // Sources of the other packages too, so that nothing needs to be compiled first.
    ssr: { noExternal: true, resolve: { conditions: ['source'] } },
    build: {
      ssr: source,
      outDir: folder,
      minify: false,
      rolldownOptions: { output: { entryFileNames: 'cli.mjs' } },
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const tokenEndpoint = `http://127.0.0.1:${port}/token`
  const provider = { preset: 'oauth2', tokenEndpoint, clientId: 'portal', clientSecret: '${SECRET}' }
  writeFileSync(join(folder, 'latchkey.config.json'), JSON.stringify({ provider }))
  writeFileSync(join(folder, 'broken.json'), '{')
}, 60_000)
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

/** Runs the command in a folder with a configuration. */
async function latchkey(
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; output: string; errors: string }> {
  const child = spawn(process.execPath, [command, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], SECRET: 's3cret', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'close') as Promise<[number]>
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, output, errors }
}

describe('latchkey', () => {
  it('prints its help', async () => {
    const { code, output } = await latchkey(['--help'])
    expect(code).toBe(0)
    expect(output).toMatch(/^latchkey doctor \[--config FILE\] \[--sign-in\]/)
  })

  it.each([[[]], [['doctr']], [['doctor', 'more']], [['doctor', '--colour']]])(
    'exits with 2 and prints its help for %j',
    async (args) => {
      const { code, output, errors } = await latchkey(args)
      expect(code).toBe(2)
      expect(output).toBe('')
      expect(errors).toContain('latchkey doctor [--config FILE]')
    },
  )
})

describe('latchkey doctor', () => {
  it('checks the configuration in the working directory', async () => {
    const { code, output } = await latchkey(['doctor'])
    expect(output).toMatch(/^latchkey\.config\.json: oauth2\n/)
    expect(output).toContain('Nothing failed')
    expect(code).toBe(0)
  })

  it('exits with 2 when the file of --config cannot be used', async () => {
    const { code, output } = await latchkey(['doctor', '--config', 'broken.json'])
    expect(output).toMatch(/^broken\.json cannot be used: it is no JSON/)
    expect(code).toBe(2)
  })

  it('exits with 1 when a check failed', async () => {
    const { code, output } = await latchkey(['doctor'], { SECRET: 'wrong' })
    expect(output).toMatch(/FAILED {2}client/)
    expect(code).toBe(1)
  })

  it('signs in with credentials from the environment', async () => {
    const credentials = { LATCHKEY_USERNAME: 'cathy', LATCHKEY_PASSWORD: password }
    const { code, output, errors } = await latchkey(['doctor', '--sign-in'], credentials)
    expect(output).toMatch(/ok {6}sign-in/)
    expect(output).toMatch(/ok {6}refresh/)
    expect(output + errors).not.toContain(password)
    expect(code).toBe(0)
  })

  it('names the missing variable when there is no terminal', async () => {
    const { code, output } = await latchkey(['doctor', '--sign-in'], { LATCHKEY_USERNAME: 'cathy' })
    expect(output).toContain('There is no terminal to prompt for Password. Set LATCHKEY_PASSWORD')
    expect(code).toBe(1)
  })
})
