import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installPackage, runCommand, writeFiles } from './support/command.ts'

const project = mkdtempSync(join(tmpdir(), 'latchkey-cli-'))
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
  await installPackage(project)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const tokenEndpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`
  const provider = { preset: 'oauth2', tokenEndpoint, clientId: 'portal', clientSecret: '${SECRET}' }
  writeFiles(project, {
    'latchkey.config.json': JSON.stringify({ provider }),
    'broken.json': '{',
    'app/latchkey.config.json': JSON.stringify({ provider }),
    'app/.env': 'SECRET=s3cret',
  })
}, 60_000)
afterAll(() => {
  server.close()
  rmSync(project, { recursive: true })
})

/** Runs the command with a client secret in its environment. */
function latchkey(args: string[], env: Record<string, string> = {}): ReturnType<typeof runCommand> {
  return runCommand(project, args, { SECRET: 's3cret', ...env })
}

describe('latchkey', () => {
  it('prints its help', async () => {
    const { code, output } = await latchkey(['--help'])
    expect(code).toBe(0)
    expect(output).toMatch(/^latchkey doctor .*\nlatchkey check /)
  })

  it.each([[[]], [['doctr']], [['doctor', 'more']], [['doctor', '--colour']], [['check', '--sign-in']]])(
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

  it('reads .env files beside the configuration too', async () => {
    const { code, output } = await runCommand(project, ['doctor', '--config', 'app/latchkey.config.json'])
    expect(output).toContain('set: SECRET (read app/.env)')
    expect(code).toBe(0)
  })

  it('exits with 2 when the file of --config cannot be used', async () => {
    const { code, output } = await latchkey(['doctor', '--config', 'broken.json'])
    expect(output).toMatch(/^broken\.json cannot be used: this is not valid JSON \(line 1\)/)
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

describe('latchkey check', () => {
  it('checks the configuration without a request', async () => {
    const { code, output } = await latchkey(['check'], { SECRET: 'wrong' })
    expect(output).toMatch(/ok {6}settings/)
    expect(output).not.toContain('client ')
    expect(code).toBe(0)
  })

  it('exits with 2 when a variable is missing', async () => {
    const { code, output } = await latchkey(['check'], { SECRET: '' })
    expect(output).toContain('the environment variable SECRET is empty')
    expect(code).toBe(2)
  })

  it.each([
    ['check', '0', { SECRET: 's3cret' }],
    ['doctor', '1', { SECRET: 'wrong' }],
    ['check', '2', { SECRET: '' }],
  ])('prints one JSON document with --json: %s, exit code %s', async (command, exitCode, env) => {
    const { code, output } = await latchkey([command, '--json'], env)
    const document = JSON.parse(output) as { failed?: number; error?: string }
    expect(String(code)).toBe(exitCode)
    expect(document.error === undefined).toBe(code !== 2)
    expect(document.failed ?? 0).toBe(code === 1 ? 1 : 0)
  })

  it('reads the .env files of the mode', async () => {
    writeFiles(project, { '.env.staging': 'SECRET=s3cret' })
    const { output } = await runCommand(project, ['check', '--mode', 'staging'])
    expect(output).toContain('set: SECRET (read .env.staging)')
    expect((await runCommand(project, ['check'])).code).toBe(2)
    expect((await runCommand(project, ['check', '--mode', 'local'])).code).toBe(2)
  })
})
