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

/** Takes the client `portal` with `s3cret` by Basic, and issues tokens for one password. */
const server = createServer((request, response) => {
  void text(request).then((body) => {
    const parameters = new URLSearchParams(body)
    const known = request.headers.authorization === `Basic ${btoa('portal:s3cret')}`
    const good = parameters.get('password') === password || parameters.get('refresh_token') === 'refresh'
    const answer = !known
      ? { error: 'invalid_client' }
      : good
        ? { access_token: 'access', refresh_token: 'refresh', token_type: 'Bearer', expires_in: 900 }
        : { error: 'invalid_grant' }
    response.writeHead('error' in answer ? 400 : 200, { 'Content-Type': 'application/json' })
    response.end(JSON.stringify(answer))
  })
})

beforeAll(async () => {
  await build({
    configFile: false,
    logLevel: 'error',
    // The sources of the packages it stands on too, so that nothing needs to be compiled before.
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

/** Runs the command as a user does, in a folder with a configuration. */
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
  it('says what it can do', async () => {
    const { code, output } = await latchkey(['--help'])
    expect(code).toBe(0)
    expect(output).toMatch(/^latchkey doctor \[--config FILE\] \[--sign-in\]/)
  })

  it.each([[[]], [['doctr']], [['doctor', 'more']], [['doctor', '--colour']]])(
    'answers 2 to %j, and says what it can do',
    async (args) => {
      const { code, output, errors } = await latchkey(args)
      expect(code).toBe(2)
      expect(output).toBe('')
      expect(errors).toContain('latchkey doctor [--config FILE]')
    },
  )
})

describe('latchkey doctor', () => {
  it('examines the configuration of the folder', async () => {
    const { code, output } = await latchkey(['doctor'])
    expect(output).toMatch(/^latchkey\.config\.json: oauth2\n/)
    expect(output).toContain('Nothing failed')
    expect(code).toBe(0)
  })

  it('examines another one, and answers 2 when it cannot be used', async () => {
    const { code, output } = await latchkey(['doctor', '--config', 'broken.json'])
    expect(output).toMatch(/^broken\.json cannot be used: this is not valid JSON/)
    expect(code).toBe(2)
  })

  it('answers 1 when something failed', async () => {
    const { code, output } = await latchkey(['doctor'], { SECRET: 'wrong' })
    expect(output).toMatch(/FAILED {2}client/)
    expect(code).toBe(1)
  })

  it('signs in with what the environment holds', async () => {
    const typed = { LATCHKEY_USERNAME: 'cathy', LATCHKEY_PASSWORD: password }
    const { code, output, errors } = await latchkey(['doctor', '--sign-in'], typed)
    expect(output).toMatch(/ok {6}sign-in/)
    expect(output).toMatch(/ok {6}refresh/)
    expect(output + errors).not.toContain(password)
    expect(code).toBe(0)
  })

  it('names the variable when there is neither that nor a terminal', async () => {
    const { code, output } = await latchkey(['doctor', '--sign-in'], { LATCHKEY_USERNAME: 'cathy' })
    expect(output).toContain('Nobody can be asked here: set LATCHKEY_PASSWORD')
    expect(code).toBe(1)
  })
})
