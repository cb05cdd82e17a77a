import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import type { BffOptions } from '../src/index.ts'
import { createBff, memoryStore } from '../src/index.ts'
import { nodePlatform } from '../src/platform.ts'
import { classy, oauth2 } from '../src/providers/index.ts'
import { setDefaultStore } from '../src/stores/default-store.ts'
import type { BrowserResponse } from './support/browser.ts'
import { createBrowser, createTestBff, createTestLogger, credentials, page } from './support/browser.ts'
import { json, rotating } from './support/token-endpoint.ts'

const provider = oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: 'portal' })
const routes: BffOptions['proxy'] = [{ path: '/api/*', to: 'https://api.example.com/*', methods: ['GET'] }]

/** Creates a BFF with this `NODE_ENV`, and returns what it logs at start. */
function listStartLines(options: Partial<BffOptions>, nodeEnv = 'development'): string[] {
  const logger = createTestLogger()
  const env = (name: string): string | undefined => (name === 'NODE_ENV' ? nodeEnv : undefined)
  createBff({
    provider,
    logger,
    ...options,
    platform: { env, loggedKeys: new Set(), ...options.platform },
  })
  return logger.lines
}

describe('the warning about the password grant', () => {
  it('is logged once per process and provider', () => {
    const loggedKeys = new Set<string>()
    const lines = [provider, provider, { ...provider, id: 'other' }].map((description) =>
      listStartLines({ provider: description, platform: { loggedKeys } }),
    )
    expect(lines.map(({ length }) => length)).toEqual([1, 0, 1])
    expect(lines[0]?.[0]).toContain('RFC 9700')
  })

  it('is logged once by several copies of the package', async () => {
    const copy = '../src/platform.ts?copy'
    const module = (await import(/* @vite-ignore */ copy)) as { nodePlatform: typeof nodePlatform }
    expect(module.nodePlatform).not.toBe(nodePlatform)
    expect(nodePlatform.loggedKeys).toBeInstanceOf(Set)
    expect(module.nodePlatform.loggedKeys).toBe(nodePlatform.loggedKeys)
  })
})

describe('the warning about the characters of the client secret', () => {
  const listLines = (clientSecret: string): string[] =>
    listStartLines({
      provider: oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: 'portal', clientSecret }),
    }).filter((line) => line.includes('appendix A.2'))

  it.each(['pässword', 's3cret£', 'emoji-🔑', 'tab\tinside'])('is logged at start for %j', (secret) => {
    const lines = listLines(secret)
    expect(lines).toHaveLength(1)
    expect(lines[0]).not.toContain(secret)
  })

  it('is not logged for the characters that RFC 6749 allows', () => {
    expect(listLines(' s3cr+t %:&"\\~ ')).toEqual([])
  })
})

describe('the warning about the memory store', () => {
  afterEach(() => setDefaultStore(() => undefined as never))

  const isWarned = (options: Partial<BffOptions> = {}, nodeEnv = 'production'): boolean =>
    listStartLines(options, nodeEnv).some((line) => line.includes('embeddedStore'))

  it('is logged at start in production, once per process', () => {
    const loggedKeys = new Set<string>()
    const options = { platform: { loggedKeys } }
    expect([isWarned(options), isWarned(options)]).toEqual([true, false])
  })

  it('is not logged outside production', () => {
    expect([isWarned({}, 'development'), isWarned({}, '')]).toEqual([false, false])
  })

  it('is not logged with a store', () => {
    expect(isWarned({ store: memoryStore() })).toBe(false)
  })

  it('is not logged for a machine session, which users do not lose', () => {
    const machine = classy({ clientId: 'c', clientSecret: 's' })
    expect(isWarned({ provider: machine, mode: 'proxy', authorize: () => null })).toBe(false)
  })

  it('is not logged when the host provides a default store', () => {
    setDefaultStore(() => memoryStore())
    expect(isWarned()).toBe(false)
  })

  it('reads NODE_ENV of the process', () => {
    expect(nodePlatform.env('NODE_ENV')).toBe(process.env['NODE_ENV'])
    expect(nodePlatform.env('LATCHKEY_UNSET')).toBeUndefined()
  })
})

describe('the warning about unknown addresses', () => {
  const countWarnings = (options: Partial<BffOptions>, nodeEnv = 'production'): number =>
    listStartLines(options, nodeEnv).filter((line) => line.includes('`trustProxy`')).length

  it('is logged at start in production, when neither trustProxy nor origin is set', () => {
    expect(countWarnings({})).toBe(1)
    expect(countWarnings({}, 'development')).toBe(0)
  })

  it.each<Partial<BffOptions>>([
    { trustProxy: 'loopback' },
    { trustProxy: 1 },
    { trustProxy: false },
    { origin: 'https://portal.example.com' },
  ])('is not logged with %j', (options) => {
    expect(countWarnings(options)).toBe(0)
  })
})

describe('the warning about proxy mode without proxy routes', () => {
  const isWarned = (options: Partial<BffOptions>): boolean =>
    listStartLines(options).some((line) => line.includes('proxy: [{ path:'))

  it('is logged at start', () => {
    expect(isWarned({ mode: 'proxy' })).toBe(true)
    expect(isWarned({ mode: 'proxy', proxy: [] })).toBe(true)
  })

  it('is not logged with proxy routes, or in token mode', () => {
    expect(isWarned({ mode: 'proxy', proxy: routes })).toBe(false)
    expect(isWarned({ mode: 'token' })).toBe(false)
  })
})

describe('the warning about plain http', () => {
  const plainHttpPage = 'http://portal.example.com'

  /** Signs in on a page of `pageOrigin`, at a BFF that receives requests for `requestOrigin`. */
  async function signIn(
    pageOrigin: string,
    requestOrigin = pageOrigin,
    options: Partial<BffOptions> = {},
  ): Promise<string[]> {
    const { bff, log } = createTestBff(rotating(), options)
    await createBrowser(bff, requestOrigin).sendRequest(
      'POST',
      '/session',
      { credentials },
      { Origin: pageOrigin },
    )
    return log.filter((line) => line.includes('plain http'))
  }

  it.each([
    ['a host that is not loopback', plainHttpPage, plainHttpPage],
    ['an address in the local network', 'http://192.168.1.5:5173', 'http://192.168.1.5:5173'],
  ])('is logged for a sign-in at %s', async (_, pageOrigin, requestOrigin) => {
    const lines = await signIn(pageOrigin, requestOrigin)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(new URL(pageOrigin).host)
    expect(lines[0]).toMatch(/password.*unencrypted.*cookie.*Secure.*https.*proxy.*TLS/)
  })

  it('is logged when the option origin is plain http', async () => {
    expect(await signIn(plainHttpPage, 'http://10.0.0.7:3000', { origin: plainHttpPage })).toHaveLength(1)
  })

  it.each([
    ['over https', page, page, {}],
    ['on localhost', 'http://localhost:5173', 'http://localhost:5173', {}],
    ['on 127.0.0.1', 'http://127.0.0.1:5173', 'http://127.0.0.1:5173', {}],
    ['on [::1]', 'http://[::1]:5173', 'http://[::1]:5173', {}],
    ['behind a proxy that ends TLS and keeps the host', page, 'http://portal.example.com', {}],
    ['behind a proxy that ends TLS, with the option origin', page, 'http://10.0.0.7:3000', { origin: page }],
  ])('is not logged for a sign-in %s', async (_, pageOrigin, requestOrigin, options) => {
    expect(await signIn(pageOrigin, requestOrigin, options)).toEqual([])
  })

  it('is logged once per host, for at most ten hosts, and only for sign-ins', async () => {
    const { bff, log } = createTestBff(rotating())
    const countLines = (): number => log.filter((line) => line.includes('plain http')).length
    const browser = createBrowser(bff, plainHttpPage)
    await browser.restore()
    expect(countLines()).toBe(0)
    await browser.signIn()
    await browser.signIn()
    expect(countLines()).toBe(1)
    for (let index = 0; index < 50; index += 1)
      await createBrowser(bff, `http://host-${index}.example.com`).signIn()
    expect(countLines()).toBe(10)
  })

  it('is logged for a failed sign-in as well', async () => {
    const { bff, log } = createTestBff(json({ error: 'invalid_grant' }, 400))
    await createBrowser(bff, plainHttpPage).signIn()
    expect(log.join()).toContain('plain http')
  })
})

describe('unknown credential fields', () => {
  const wrongNames = { user: 'canary-of-the-username', 'canary-of-a-name': 'canary-of-the-password' }

  it('are rejected with the expected names, and logged once', async () => {
    const { sendRequest, log, endpoint } = createTestBff(rotating())
    const logLength = log.length
    const responses: BrowserResponse[] = []
    for (let times = 0; times < 3; times += 1)
      responses.push(await sendRequest('POST', '/session', { credentials: wrongNames }))
    expect(responses[0]).toMatchObject({
      status: 400,
      body: {
        error: 'invalid_request',
        error_description: 'Unknown credential fields. Expected: username, password',
      },
    })
    expect(log.slice(logLength)).toHaveLength(1)
    expect(log.at(-1)).toMatch(/^Sign-in rejected .*username, password/)
    expect(endpoint.requests).toEqual([])
  })
})

it('puts nothing that a page sent, except a host, into any of these lines', async () => {
  const { bff, log } = createTestBff(rotating(), { mode: 'proxy' })
  const canary = 'canary-of-the-page'
  const browser = createBrowser(bff, 'http://portal.example.com')
  await browser.sendRequest('POST', '/session', { credentials: { username: canary, password: canary } })
  await browser.sendRequest('POST', '/session', { credentials: { [canary]: canary } })
  for (const name of ['X-Latchkey', 'Sec-Fetch-Site', 'Origin'])
    for (const value of [canary, `https://${canary}.example`])
      await browser.sendRequest('POST', `/session?${canary}`, canary, { [name]: value })
  await browser.sendRequest(
    'POST',
    `/session?${canary}`,
    { credentials },
    { 'Sec-Fetch-Site': '', Origin: '' },
  )
  expect(log.length).toBeGreaterThan(5)
  expect(inspect(log)).not.toContain('canary')
})
