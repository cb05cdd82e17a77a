import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parseConfig, readConfigFile } from '../src/config/index.ts'
import { BffError, createBff } from '../src/index.ts'
import * as functions from '../src/providers/index.ts'
import { presets } from '../src/config/presets.ts'
import { createTestLogger } from './support/browser.ts'

const environment = { CLIENT_SECRET: 's3cret', HOST: 'acct.axosoft.com' }
const axosoft = {
  preset: 'axosoft',
  site: 'https://${HOST}',
  clientId: 'portal',
  clientSecret: '${CLIENT_SECRET}',
}

const folder = mkdtempSync(join(tmpdir(), 'latchkey-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The message with which a configuration is refused. */
function refusal(own: unknown, env: Record<string, string> = environment): string {
  try {
    parseConfig(typeof own === 'string' ? own : JSON.stringify(own), env)
  } catch (error) {
    expect(error).toBeInstanceOf(BffError)
    expect((error as BffError).code).toBe('server_error')
    return (error as BffError).message
  }
  throw new Error('The configuration was accepted')
}

describe('a configuration file', () => {
  it('gives the options of createBff, with a preset and the environment filled in', () => {
    const own = {
      $schema: './schema.json',
      provider: axosoft,
      basePath: '/axosoft',
      mode: 'proxy',
      proxy: [{ path: '/api/*', to: 'https://${HOST}/api/v5/*', methods: ['GET'] }],
      session: { idle: 600 },
    }
    const options = parseConfig(`\u{feff}${JSON.stringify(own)}`, environment)
    expect(options).toEqual({
      provider: functions.axosoft({
        site: 'https://acct.axosoft.com',
        clientId: 'portal',
        clientSecret: 's3cret',
      }),
      basePath: '/axosoft',
      mode: 'proxy',
      proxy: [{ path: '/api/*', to: 'https://acct.axosoft.com/api/v5/*', methods: ['GET'] }],
      session: { idle: 600 },
    })
    expect(createBff({ ...options, logger: createTestLogger() }).basePath).toBe('/axosoft')
  })

  it('may describe the provider in full', () => {
    const provider = JSON.parse(
      JSON.stringify(functions.oauth2({ tokenEndpoint: 'https://as.example.com/token' })),
    ) as object
    expect(parseConfig(JSON.stringify({ provider }), {}).provider).toEqual(provider)
  })

  it('may hold a provider that signs itself in, whose `authorize` comes with the code', () => {
    const provider = { preset: 'classy', clientId: 'app', clientSecret: '${CLIENT_SECRET}' }
    const options = parseConfig(JSON.stringify({ provider, mode: 'proxy' }), environment)
    const logger = createTestLogger()
    expect(() => createBff({ ...options, logger })).toThrow('authorize')
    expect(createBff({ ...options, logger, authorize: () => null }).basePath).toBe('/auth')
  })

  it('fills in a variable once: its value is not looked at again', () => {
    const { secret } = parseConfig(JSON.stringify({ provider: axosoft, secret: '${SESSION}' }), {
      ...environment,
      SESSION: '${CLIENT_SECRET} and 32 characters more',
    })
    expect(secret).toBe('${CLIENT_SECRET} and 32 characters more')
  })

  it('is read from a file', async () => {
    const file = join(folder, 'good.json')
    writeFileSync(file, JSON.stringify({ provider: axosoft }))
    expect((await readConfigFile(file, environment)).provider.id).toBe('axosoft')
    await expect(readConfigFile(join(folder, 'none.json'), {})).rejects.toThrow(
      'none.json cannot be used: there is no such file',
    )
  })
})

describe('a configuration that cannot be used', () => {
  it.each<[string, unknown, RegExp]>([
    ['that is no JSON, with the line', '{\n "mode": "token",\n}', /not valid JSON \(line 3\)/],
    ['with a misspelt literal', '{\n "a": tru\n}', /not valid JSON \(line 2\)/],
    ['with an open text', '{\n "a": "b,\n "c": "d" }', /not valid JSON \(line 2\)/],
    ['that ends too early', '{\n"provider": ', /not valid JSON \(line 2\)/],
    ['that is a list', '[]', /must hold an object/],
    ['without a provider', {}, /provider: must be given/],
    [
      'with a member that there is not',
      { provider: axosoft, modee: 'proxy' },
      /modee: no such option in a file/,
    ],
    [
      'with what only code can hold',
      { provider: axosoft, store: 'redis' },
      /store: no such option in a file/,
    ],
    ['with a wrong value', { provider: axosoft, timeout: '8' }, /timeout: .*expected number/],
    [
      'with an unknown preset',
      { provider: { preset: 'axosft' } },
      /provider\.preset: no such preset; .*axosoft, /,
    ],
    ['with a preset named constructor', { provider: { preset: 'constructor' } }, /no such preset/],
    [
      'with an option misspelt',
      { provider: { ...axosoft, clientSecret: undefined, clientSecrt: '${CLIENT_SECRET}' } },
      /options of axosoft.*\n.*clientSecret: must be given\n.*clientSecrt: no such option; there are .*clientSecret, site/,
    ],
    [
      'with an optional one misspelt',
      { provider: { preset: 'classSuper', business: 'B', scope: [], clientSecrt: 'x' } },
      /clientSecrt: no such option; there are .*clientSecret/,
    ],
    [
      'with an option of the wrong kind',
      { provider: { preset: 'classSuper', business: 'B', scope: 'fund.read' } },
      /scope: .*expected array/,
    ],
    ['with an address that cannot be', { provider: { ...axosoft, site: 'acct' } }, /https?:|URL/],
    [
      'with a field of the description that there is not',
      { provider: { ...functions.oauth2({ tokenEndpoint: 'https://as.example.com/t' }), tokens: 1 } },
      /description.*"tokens"/s,
    ],
    [
      'with a proxy that leads elsewhere',
      {
        provider: { preset: 'classy', clientId: 'a', clientSecret: 'b' },
        mode: 'proxy',
        proxy: [{ path: '/api/*', to: 'https://evil.example/*', methods: ['GET'] }],
      },
      /below https:\/\/api\.classy\.org/,
    ],
    ['with a variable half written', { provider: axosoft, origin: 'https://${HOST' }, /origin: \$\{ must be/],
  ])('%s names the file, the place and the fix', (_, own, message) => {
    const refused = refusal(own)
    expect(refused).toMatch(/^latchkey\.config\.json cannot be used:/)
    expect(refused).toMatch(message)
  })

  it('names every variable that is not set or empty, and its place', () => {
    expect(refusal({ provider: axosoft }, { HOST: '' })).toBe(
      `latchkey.config.json cannot be used:
  provider.site: the environment variable HOST is empty; give it a value
  provider.clientSecret: the environment variable CLIENT_SECRET is not set; set it before the start`,
    )
  })

  it('never tells what stands in it, nor in the environment', () => {
    const canary = 'canary-of-the-secret'
    const broken = [
      `{"provider":{"clientSecret":"${canary}",}`,
      `{"secret":"${canary}"`,
      JSON.stringify({ provider: { ...axosoft, clientSecret: canary, more: canary } }),
      JSON.stringify({ provider: { ...axosoft, clientId: { [canary.length]: canary } } }),
      JSON.stringify({ provider: { ...axosoft, site: '${CLIENT_SECRET}' } }),
      JSON.stringify({ provider: axosoft, secret: canary, origin: canary }),
    ]
    for (const text of broken)
      expect(refusal(text, { HOST: 'h.example', CLIENT_SECRET: canary })).not.toContain(canary)
  })
})

describe('presets', () => {
  it('are all there by name', () => {
    const made = Object.entries(functions).filter(([, value]) => typeof value === 'function')
    expect(Object.keys(presets).toSorted()).toEqual(made.map(([name]) => name).toSorted())
  })
})
