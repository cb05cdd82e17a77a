import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunningSandbox } from '@latchkey/sandbox'
import { cathy, classBusiness, demoClient, demoTenant, startSandbox } from '@latchkey/sandbox'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runDoctor } from '../../packages/bff/src/doctor/doctor.ts'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-doctor-'))
let sandbox: RunningSandbox

beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(async () => {
  await sandbox.close()
  rmSync(folder, { recursive: true })
})

const client = { clientId: demoClient.clientId, clientSecret: '${SECRET}' }

/** The options of each preset for the sandbox at a URL. */
const presets: Record<string, (url: string) => object> = {
  axosoft: (url) => ({ ...client, site: `${url}/axosoft` }),
  brightPattern: (url) => ({ tenant: demoTenant, site: `${url}/bright-pattern` }),
  classSuper: (url) => ({
    ...client,
    business: classBusiness.code,
    scope: ['openid', 'offline_access'],
    discovery: `${url}/class`,
    api: `${url}/class/api/1.0`,
  }),
  classy: (url) => ({ ...client, site: `${url}/classy` }),
}

/** Runs the doctor, with a sign-in where the system has users. */
async function run(
  preset: string,
  secret = demoClient.clientSecret,
): Promise<{ code: number; text: string }> {
  const file = join(folder, 'latchkey.config.json')
  const provider = { preset, ...presets[preset]?.(sandbox.url) }
  writeFileSync(file, JSON.stringify({ provider, ...(preset === 'classy' && { mode: 'proxy' }) }))
  const credentials: Record<string, string> = {
    username: cathy.username,
    password: cathy.password,
    client_id: cathy.username,
    client_secret: cathy.apiSecret,
  }
  const lines: string[] = []
  const code = await runDoctor({
    file,
    environment: { SECRET: secret },
    prompt: async ({ name }) => credentials[name] ?? '',
    print: (line) => lines.push(line),
  })
  return { code, text: lines.join('\n') }
}

it.each(Object.keys(presets))('finds no failure in front of the sandbox of %s', async (preset) => {
  const { code, text } = await run(preset)
  expect(text).toMatch(/ok {6}token endpoint/)
  expect(text).toMatch(/ok {6}access token/)
  expect(text).not.toContain('FAILED')
  expect(code).toBe(0)
})

// In Bright Pattern the user is the client.
it.each(['axosoft', 'classSuper', 'classy'])(
  'finds a wrong secret in front of the sandbox of %s',
  async (preset) => {
    const { code, text } = await run(preset, 'another')
    expect(text).toMatch(/FAILED {2}client/)
    expect(code).toBe(1)
  },
)
