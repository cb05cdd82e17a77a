import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cathy, demoClient, startSandbox } from '@latchkey/sandbox'
import type { RunningSandbox } from '@latchkey/sandbox'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  installPackage,
  installVite,
  runCommand,
  writeFiles,
} from '../../packages/bff/test/support/command.ts'

const { clientId, clientSecret } = demoClient
const userVariables = { LATCHKEY_USERNAME: cathy.username, LATCHKEY_PASSWORD: cathy.password }

/** The module of the README. */
const authModule = `
  import { createBff } from '@latchkey/bff'
  import { axosoft } from '@latchkey/bff/providers'

  const env = (name: string): string => process.env[name] ?? ''
  const provider = axosoft({ site: env('SITE'), clientId: env('CLIENT_ID'), clientSecret: env('CLIENT_SECRET') })
  export default createBff({ provider })`

const twoBffs = authModule.replace(
  'export default createBff({ provider })',
  `export default ['/auth/one', '/auth/two'].map((basePath) => createBff({ basePath, provider }))`,
)

const root = mkdtempSync(join(tmpdir(), 'latchkey-doctor-'))
let sandbox: RunningSandbox
let folders = 0
/** A new folder for each test, below the folder where the packages are installed. */
let folder = ''

beforeAll(async () => {
  await installPackage(join(root, 'vite'))
  installVite(join(root, 'vite'))
  await installPackage(join(root, 'no-vite'))
  sandbox = await startSandbox()
}, 60_000)
beforeEach(() => {
  folders += 1
  folder = join(root, 'vite', String(folders))
})
afterAll(async () => {
  await sandbox.close()
  rmSync(root, { recursive: true })
})

/** The content of a file for the variables of the client. */
function env(secret = clientSecret): string {
  return `CLIENT_ID=${clientId}\nCLIENT_SECRET=${secret}\n`
}

/** Runs the doctor in the folder of the test, on these files. Fails when it prints the client secret. */
async function runDoctor(
  files: Record<string, string>,
  args: string[] = [],
  variables: Record<string, string> = {},
  command = 'doctor',
): Promise<{ code: number; output: string }> {
  writeFiles(folder, { '.env': `SANDBOX=${sandbox.url}\nSITE=$SANDBOX/axosoft\n`, ...files })
  const project = join(folder, '..')
  const { code, output, errors } = await runCommand(project, [command, ...args], variables, folder)
  expect(output + errors).not.toContain(clientSecret)
  return { code, output }
}

/** Starts a token endpoint that replies with the status, headers and body that `reply` returns. */
async function startTokenEndpoint(
  reply: (request: IncomingMessage) => [status: number, headers: Record<string, string>, body?: string],
): Promise<{ url: string; close: () => unknown }> {
  const server = createServer((request, response) => {
    const [status, headers, body = ''] = reply(request)
    response.writeHead(status, headers).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`
  return { url, close: () => server.close() }
}

describe('latchkey doctor on server/auth.ts', { timeout: 60_000 }, () => {
  it('finds the module, reads .env files, and expands their values as Vite does', async () => {
    const { code, output } = await runDoctor({ 'server/auth.ts': authModule, '.env.local': env() })
    expect(output).toMatch(/^server\/auth\.ts: axosoft\n/)
    expect(output).toContain('set: CLIENT_ID, CLIENT_SECRET, SANDBOX, SITE (read .env, .env.local)')
    expect(output).toContain('Nothing failed')
    expect(code).toBe(0)
  })

  it('signs in through the BFF of the module', async () => {
    const files = { 'server/auth.ts': authModule, '.env.local': env() }
    const { code, output } = await runDoctor(files, ['--sign-in'], userVariables)
    expect(output).toMatch(/ok {6}sign-in/)
    expect(output).not.toContain(cathy.password)
    expect(code).toBe(0)
  })

  it.each([
    ['responds', '...memoryStore()', 0, /ok {6}store {11}responds/],
    [
      'removes sessions',
      `...memoryStore(), listWarnings: async () => ['Redis removes sessions']`,
      0,
      /warn {4}store {11}Redis removes sessions/,
    ],
    [
      'says nothing of its settings',
      `...memoryStore(), listWarnings: () => Promise.reject(new Error('NOPERM'))`,
      0,
      /warn {4}store {11}the server does not say/,
    ],
    [
      'is not available',
      `...memoryStore(), read: () => Promise.reject(new Error('ECONNREFUSED'))`,
      1,
      /FAILED {2}store {11}Session store failed: .*ECONNREFUSED/,
    ],
  ])('says of a store that it %s', async (_, store, exitCode, finding) => {
    const module = authModule
      .replace('{ createBff }', '{ createBff, memoryStore }')
      .replace('({ provider })', `({ provider, store: { ${store} } })`)
    const files = { 'server/auth.ts': module, '.env.local': env() }
    const { code, output } = await runDoctor(files)
    expect(output).toMatch(finding)
    expect(code).toBe(exitCode)
    if (exitCode === 1) expect((await runDoctor(files, [], {}, 'check')).code).toBe(0)
  })

  it('prefers a variable that is set to one in a file, and names it when it is wrong', async () => {
    const files = { 'server/auth.ts': authModule, '.env.local': env() }
    const { code, output } = await runDoctor(files, [], { CLIENT_SECRET: 'another' })
    expect(output).toMatch(/FAILED {2}client .*rejected the client/)
    expect(output.replaceAll(/\s+/g, ' ')).toContain('the client secret in CLIENT_SECRET')
    expect(code).toBe(1)
  })

  it('prefers latchkey.config.json', async () => {
    const provider = { preset: 'axosoft', site: '${SITE}', clientId, clientSecret: '${CLIENT_SECRET}' }
    const { output } = await runDoctor({
      'latchkey.config.json': JSON.stringify({ provider }),
      'server/auth.ts': authModule,
      '.env.local': env(),
    })
    expect(output).toMatch(/^latchkey\.config\.json: axosoft\n/)
  })

  it('says what it looked for when there is no configuration', async () => {
    const { code, output } = await runDoctor({})
    expect(output.replaceAll(/\s+/g, ' ')).toMatch(
      /^No configuration found\. Looked for latchkey\.config\.json, server\/auth\.ts, server\/auth\.js in /,
    )
    expect(code).toBe(2)
  })

  it('names the option that is missing and the files that it read, without a stack', async () => {
    const { code, output } = await runDoctor({ 'server/auth.ts': authModule, '.env.local': '' })
    expect(output).toMatch(/^server\/auth\.ts cannot be used:\n/)
    expect(output).toContain('clientSecret: is empty')
    expect(output).toContain('Variables were read from .env, .env.local')
    expect(output).not.toMatch(/^ *at /m)
    expect(code).toBe(2)
  })

  it.each([
    [
      'throws',
      'throw new TypeError(`${process.env.CLIENT_SECRET} is wrong`)',
      /TypeError: \(secret\) is wrong/,
    ],
    ['has a syntax error', 'const secret: = "canary"', /^server\/auth\.ts cannot be used: (?!.*canary)/s],
    ['exports no BFF', 'export const bff = 1', /server\/auth\.ts must have a default export/],
    [
      'exports a BFF of something else',
      `export default { basePath: '/auth', owns: () => true, handle: async () => ({ status: 200, headers: {}, body: null }) }`,
      /did not create/,
    ],
  ])('exits with 2 and prints no secret when the module %s', async (_, module, message) => {
    const { code, output } = await runDoctor({ 'server/auth.ts': module, '.env.local': env() })
    expect(output).toMatch(message)
    expect(code).toBe(2)
  })
})

describe('latchkey check on server/auth.ts', { timeout: 60_000 }, () => {
  it('reads .env files, and leaves the output to the JSON document', async () => {
    const module = `${authModule}
      console.log('printed by the module')
      process.stdout.write('and this')`
    const files = { 'server/auth.ts': module, '.env.local': env() }
    const { code, output } = await runDoctor(files, ['--json'], { SITE: 'http://127.0.0.1:9' }, 'check')
    const { configurations, ...counts } = JSON.parse(output) as { configurations: object[] }
    expect(counts).toEqual({ file: 'server/auth.ts', failed: 0, warnings: 1 })
    expect(configurations).toMatchObject([
      { provider: 'axosoft', findings: [{ check: 'environment' }, { check: 'settings', level: 'warn' }] },
    ])
    expect(code).toBe(0)
  })

  it('prints no secret of a module that throws, as JSON', async () => {
    const module = 'throw new TypeError(`${process.env.CLIENT_SECRET} is wrong`)'
    const files = { 'server/auth.ts': module, '.env.local': env() }
    const { code, output } = await runDoctor(files, ['--json'], {}, 'check')
    expect(JSON.parse(output)).toEqual({ error: expect.stringContaining('(secret) is wrong') as string })
    expect(code).toBe(2)
  })
})

describe('latchkey doctor on a module with several BFFs', { timeout: 60_000 }, () => {
  const files = { 'server/auth.ts': twoBffs, '.env.local': env() }

  it('checks each of them', async () => {
    const { code, output } = await runDoctor(files)
    expect(output.match(/^server.*$/gm)).toEqual([
      'server/auth.ts: axosoft at /auth/one',
      'server/auth.ts: axosoft at /auth/two',
    ])
    expect(code).toBe(0)
  })

  it('checks and signs in to the one of --base-path', async () => {
    const { output } = await runDoctor(files, ['--base-path', '/auth/two', '--sign-in'], userVariables)
    expect(output.match(/^server.*$/gm)).toEqual(['server/auth.ts: axosoft at /auth/two'])
    expect(output).toMatch(/ok {6}sign-in/)
  })

  it.each([
    [['--sign-in'], '--sign-in needs --base-path'],
    [['--base-path', '/auth/three'], 'has no BFF at /auth/three'],
  ])('exits with 2 for %j, before it sends credentials', async (args, message) => {
    const { code, output } = await runDoctor(files, args, userVariables)
    expect(output).toContain(message)
    expect(output.replaceAll(/\s+/g, ' ')).toContain('base paths: /auth/one, /auth/two')
    expect(code).toBe(2)
  })
})

describe('latchkey doctor on a module with hooks', { timeout: 60_000 }, () => {
  const apiKey = 'canary-of-the-key'
  const createModule = (url: string): string => `
    import { createBff } from '@latchkey/bff'
    import { oauth2 } from '@latchkey/bff/providers'
    const headers = { 'X-Api-Key': process.env.API_KEY }
    export default createBff({
      provider: oauth2({ tokenEndpoint: '${url}', clientId: 'portal' }),
      hooks: { transformRequest: (request) => ({ ...request, headers: { ...request.headers, ...headers } }) },
    })`

  it('sends its test requests through them', async () => {
    const { url, close } = await startTokenEndpoint(({ headers }) =>
      headers['x-api-key'] === apiKey ? [400, {}, '{"error":"invalid_grant"}'] : [404, {}],
    )
    const { code, output } = await runDoctor({
      'server/auth.ts': createModule(url),
      '.env': `API_KEY=${apiKey}`,
    })
    expect(output).toMatch(/ok {6}token endpoint/)
    expect(code).toBe(0)
    close()
  })

  it('does not print a secret of a .env file that the server repeats', async () => {
    const { url, close } = await startTokenEndpoint(({ headers }) => [
      302,
      { Location: `/${String(headers['x-api-key'])}` },
    ])
    const { output } = await runDoctor({ 'server/auth.ts': createModule(url), '.env': `API_KEY=${apiKey}` })
    expect(output).toContain('it contains a secret')
    expect(output).not.toContain(apiKey)
    close()
  })
})

describe('latchkey doctor without Vite', { timeout: 60_000 }, () => {
  const site = (): string => `SITE=${sandbox.url}/axosoft\n`
  beforeEach(() => {
    folder = join(root, 'no-vite', String(folders))
  })

  it('checks a JavaScript module, and ends although the module keeps a timer', async () => {
    const module = `${authModule.replace('(name: string): string', '(name)')}
      setInterval(() => {}, 1000)`
    const { code, output } = await runDoctor({ 'server/auth.js': module, '.env': site() + env() })
    expect(output).toMatch(/^server\/auth\.js: axosoft\n/)
    expect(code).toBe(0)
  })

  it('prefers a variable that is set to one in a file', async () => {
    const module = authModule.replace('(name: string): string', '(name)')
    const files = { 'server/auth.js': module, '.env': site() + env('another') }
    expect((await runDoctor(files, [], { CLIENT_SECRET: clientSecret })).code).toBe(0)
  })

  it('checks a TypeScript module where Node can run it, and says what to install where it cannot', async () => {
    const files = { 'server/auth.ts': authModule, '.env': site() + env() }
    const { output } = await runDoctor(files)
    const isSupported = Boolean((process.features as { typescript?: unknown }).typescript)
    expect(output).toMatch(isSupported ? /Nothing failed/ : /does not run TypeScript\. Install Vite/)
  })
})
