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

/** The message with which a configuration is rejected. */
function rejectionOf(config: unknown, env: Record<string, string> = environment): string {
  try {
    parseConfig(typeof config === 'string' ? config : JSON.stringify(config), env)
  } catch (error) {
    expect(error).toBeInstanceOf(BffError)
    expect((error as BffError).code).toBe('server_error')
    return (error as BffError).message
  }
  throw new Error('The configuration was accepted')
}

describe('a configuration file', () => {
  it('contains the options of createBff, with a preset and environment variables', () => {
    const config = {
      $schema: './schema.json',
      provider: axosoft,
      basePath: '/axosoft',
      mode: 'proxy',
      proxy: [{ path: '/api/*', to: 'https://${HOST}/api/v5/*', methods: ['GET'] }],
      session: { idle: 600 },
    }
    const options = parseConfig(`\u{feff}${JSON.stringify(config)}`, environment)
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

  it('can contain a description of the provider', () => {
    const provider = JSON.parse(
      JSON.stringify(functions.oauth2({ tokenEndpoint: 'https://as.example.com/token' })),
    ) as object
    expect(parseConfig(JSON.stringify({ provider }), {}).provider).toEqual(provider)
  })

  it('can contain a provider with an automatic login, to which code adds authorize', () => {
    const provider = { preset: 'classy', clientId: 'app', clientSecret: '${CLIENT_SECRET}' }
    const options = parseConfig(JSON.stringify({ provider, mode: 'proxy' }), environment)
    const logger = createTestLogger()
    expect(() => createBff({ ...options, logger })).toThrow('authorize')
    expect(createBff({ ...options, logger, authorize: () => null }).basePath).toBe('/auth')
  })

  it('replaces a variable once: placeholders in its value stay', () => {
    const { secret } = parseConfig(JSON.stringify({ provider: axosoft, secret: '${SESSION}' }), {
      ...environment,
      SESSION: '${CLIENT_SECRET} and 32 characters more',
    })
    expect(secret).toBe('${CLIENT_SECRET} and 32 characters more')
  })

  it('is read by readConfigFile, which rejects when there is no such file', async () => {
    const file = join(folder, 'good.json')
    writeFileSync(file, JSON.stringify({ provider: axosoft }))
    expect((await readConfigFile(file, environment)).provider.id).toBe('axosoft')
    await expect(readConfigFile(join(folder, 'none.json'), {})).rejects.toThrow(
      'none.json cannot be used: there is no such file',
    )
  })
})

describe('a configuration is rejected with the file, the option and the fix', () => {
  it.each<[string, unknown, RegExp]>([
    [
      'for a trailing comma, with the line',
      '{\n "mode": "token",\n}',
      /: this is not valid JSON \(line 3\)\. Comments and trailing commas are not allowed$/,
    ],
    ['for a misspelt literal', '{\n "a": tru\n}', /: this is not valid JSON \(line 2\)/],
    ['for an unterminated string', '{\n "a": "b,\n "c": "d" }', /: this is not valid JSON \(line 2\)/],
    ['for an early end', '{\n"provider": ', /: this is not valid JSON \(line 2\)/],
    ['for an array', '[]', /: this is not a JSON object\. Expected: \{ "provider": \{ … \} \}$/],
    [
      'for no provider',
      {},
      /\n {2}provider: is missing\. Expected: a description, or \{ "preset": "axosoft"/,
    ],
    [
      'for a provider that is a string',
      { provider: 'axosoft' },
      /\n {2}provider: is not an object\. Expected: a description, or \{ "preset": "axosoft"/,
    ],
    [
      'for an unknown option',
      { provider: axosoft, modee: 'proxy' },
      /\n {2}modee: is unknown\. Did you mean mode\? Expected: one of provider, basePath, mode, /,
    ],
    [
      'for an option that only code can contain',
      { provider: axosoft, store: 'redis' },
      /\n {2}store: is not allowed in a file\. Expected: this option in the code that calls createBff$/,
    ],
    [
      'for a value of the wrong type',
      { provider: axosoft, timeout: '8' },
      /\n {2}timeout: is a string\. Expected: a number of seconds above 0$/,
    ],
    [
      'for an unknown preset',
      { provider: { preset: 'axosft' } },
      /\n {2}provider\.preset: is "axosft"\. Did you mean "axosoft"\? Expected: one of auth0, axosoft, /,
    ],
    [
      'for a preset with the name of an inherited member',
      { provider: { preset: 'constructor' } },
      /\n {2}provider\.preset: is not valid\. Expected: one of auth0, axosoft, /,
    ],
    [
      'for a required option of a preset that is misspelt',
      { provider: { ...axosoft, clientSecret: undefined, clientSecrt: '${CLIENT_SECRET}' } },
      /\n {2}provider\.clientSecret: is missing\. .*\n {2}provider\.clientSecrt: is unknown\. Did you mean clientSecret\?/,
    ],
    [
      'for an optional one that is misspelt',
      { provider: { preset: 'classSuper', business: 'B', scope: [], clientSecrt: 'x' } },
      /\n {2}provider\.clientSecrt: is unknown\. Did you mean clientSecret\?/,
    ],
    [
      'for an option of a preset of the wrong type',
      { provider: { preset: 'classSuper', business: 'B', scope: 'fund.read' } },
      /\n {2}provider\.scope: is a string\. Expected: an array of strings$/,
    ],
    [
      'for a URL that is not valid',
      { provider: { ...axosoft, site: 'acct' } },
      /\n {2}provider\.site: is not an absolute URL\. Expected: an https URL$/,
    ],
    [
      'for an unknown member of a description',
      { provider: { ...functions.oauth2({ tokenEndpoint: 'https://as.example.com/t' }), tokens: 1 } },
      /\n {2}provider\.tokens: is unknown\. Did you mean token\? Expected: one of id, label, /,
    ],
    [
      'for a proxy route to another host',
      {
        provider: { preset: 'classy', clientId: 'a', clientSecret: 'b' },
        mode: 'proxy',
        proxy: [{ path: '/api/*', to: 'https://evil.example/*', methods: ['GET'] }],
      },
      /below https:\/\/api\.classy\.org/,
    ],
    [
      'for a placeholder without its end',
      { provider: axosoft, origin: 'https://${HOST' },
      /\n {2}origin: contains "\$\{" without the name of a variable and "\}"\. Expected: for example "\$\{CLIENT_SECRET\}"$/,
    ],
  ])('%s', (_, config, message) => {
    const rejection = rejectionOf(config)
    expect(rejection).toMatch(/^latchkey\.config\.json cannot be used:/)
    expect(rejection).toMatch(message)
  })

  it('for every variable that is not set or empty, and for nothing that follows from it', () => {
    expect(rejectionOf({ provider: axosoft }, { HOST: '' })).toBe(
      `latchkey.config.json cannot be used:
  provider.site: the environment variable HOST is empty. Expected: a value
  provider.clientSecret: the environment variable CLIENT_SECRET is not set. Expected: a value`,
    )
  })

  it('without a secret of the file or of the environment in the message', () => {
    const canary = 'canary-of-the-secret'
    const broken = [
      `{"provider":{"clientSecret":"${canary}",}`,
      `{"secret":"${canary}"`,
      JSON.stringify({ provider: { ...axosoft, clientSecret: canary, more: canary } }),
      JSON.stringify({ provider: { ...axosoft, clientId: { [canary.length]: canary } } }),
      JSON.stringify({ provider: { ...axosoft, site: '${CLIENT_SECRET}' } }),
      JSON.stringify({ provider: { ...axosoft, preset: '${CLIENT_SECRET}' }, mode: '${CLIENT_SECRET}' }),
      JSON.stringify({ provider: axosoft, secret: canary, origin: canary }),
    ]
    for (const text of broken)
      expect(rejectionOf(text, { HOST: 'h.example', CLIENT_SECRET: canary })).not.toContain(canary)
  })
})

it('offers every preset that is exported, by its name', () => {
  const exported = Object.entries(functions).filter(([, value]) => typeof value === 'function')
  expect(Object.keys(presets).toSorted()).toEqual(exported.map(([name]) => name).toSorted())
})
