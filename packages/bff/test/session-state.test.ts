import { describe, expect, it } from 'vitest'
import type { Store } from '../src/index.ts'
import { BffError, memoryStore } from '../src/index.ts'
import { oauth2 } from '../src/providers/index.ts'
import type { Browser } from './support/browser.ts'
import { createClock, createTestBff, flushPromises, page } from './support/browser.ts'
import { json, rotating } from './support/token-endpoint.ts'

const limits = { idle: 600, absolute: 3600 }

/** A memory store that records the names of the methods that write. */
function createRecordingStore(now: () => number): Store & { writes: string[] } {
  const store = memoryStore({ now })
  const writes: string[] = []
  const record = <Name extends 'insert' | 'replace' | 'remove' | 'removeByIndexName' | 'lease' | 'release'>(
    name: Name,
  ): Store[Name] =>
    ((...args: never[]) => {
      writes.push(name)
      return (store[name] as (...values: never[]) => unknown)(...args)
    }) as Store[Name]
  return {
    ...store,
    writes,
    insert: record('insert'),
    replace: record('replace'),
    remove: record('remove'),
    removeByIndexName: record('removeByIndexName'),
    lease: record('lease'),
    release: record('release'),
  }
}

/** The navigation of a browser, as the server that renders the page receives it. */
function createNavigation({ jar }: Pick<Browser, 'jar'>, url = `${page}/inbox?folder=7`): Request {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  return new Request(url, { headers: { Cookie: cookie, Accept: 'text/html' } })
}

function createRenderingServer(reply = rotating(), options: Parameters<typeof createTestBff>[1] = {}) {
  const clock = createClock()
  const store = createRecordingStore(() => clock.now())
  const setup = createTestBff(reply, { session: limits, store, ...options }, clock)
  return {
    ...setup,
    store,
    readState: (browser: Pick<Browser, 'jar'> = setup, url?: string) =>
      setup.bff.session(createNavigation(browser, url)),
  }
}

describe('bff.session', () => {
  it('describes the session of a request like GET session, without a token', async () => {
    const setup = createRenderingServer()
    const { session, sign_in } = (await setup.signIn()).body
    expect(await setup.readState()).toEqual({
      status: 'signed-in',
      session: {
        id: session?.session_id,
        subject: session?.subject,
        user: session?.user,
        scope: session?.scope,
      },
      signInMethods: sign_in,
    })
  })

  it.each([
    ['without a cookie', ''],
    ['with a cookie of no session', `__Host-Http-latchkey=${'a'.repeat(64)}`],
    ['with a malformed cookie', '__Host-Http-latchkey=%%%'],
  ])('is signed-out %s, and says how users sign in', async (_, cookie) => {
    const { bff, restore } = createRenderingServer()
    const { sign_in } = (await restore()).body
    expect(await bff.session(new Request(page, { headers: { Cookie: cookie } }))).toEqual({
      status: 'signed-out',
      session: null,
      reason: 'no_session',
      signInMethods: sign_in,
    })
  })

  it('only reads: a hundred renders write nothing, send nothing, and do not count as use of the session', async () => {
    const setup = createRenderingServer(rotating())
    await setup.signIn()
    await flushPromises()
    const { writes } = setup.store
    const requestCount = setup.endpoint.requests.length
    writes.length = 0
    for (let render = 0; render < 100; render += 1) {
      await setup.clock.pass(5.99)
      expect((await setup.readState()).status).toBe('signed-in')
    }
    await setup.clock.pass(2)
    expect(await setup.readState()).toMatchObject({ status: 'signed-out', reason: 'idle' })
    expect(writes).toEqual([])
    expect(setup.endpoint.requests).toHaveLength(requestCount)
    // The next request of the page ends the session, as without rendering.
    expect((await setup.restore()).body.session).toBeNull()
    expect(writes).toEqual(['replace'])
  })

  it('is signed-in while the token has expired and can be refreshed, and does not refresh it', async () => {
    const setup = createRenderingServer(
      json({ access_token: 'a', refresh_token: 'r', token_type: 'Bearer', expires_in: 60 }),
    )
    await setup.signIn()
    await setup.clock.pass(120)
    expect((await setup.readState()).status).toBe('signed-in')
    expect(setup.endpoint.requests).toHaveLength(1)
  })

  it('is signed-out when the token has expired and cannot be refreshed, and leaves the end to the page', async () => {
    const setup = createRenderingServer(json({ access_token: 'a', token_type: 'Bearer', expires_in: 60 }))
    await setup.signIn()
    setup.store.writes.length = 0
    await setup.clock.pass(120)
    expect(await setup.readState()).toMatchObject({ status: 'signed-out', reason: 'no_refresh' })
    expect(setup.store.writes).toEqual([])
  })

  it.each(['token', 'proxy'] as const)('in %s mode is JSON without a token or the cookie', async (mode) => {
    const secrets = ['access-canary-1', 'refresh-canary-1', 'id-canary-1']
    const [access_token, refresh_token, id] = secrets
    const setup = createRenderingServer(
      json({
        access_token,
        refresh_token,
        token_type: 'Bearer',
        expires_in: 900,
        user: {
          name: 'Cathy',
          link: `https://api.example.com/?key=${access_token}`,
          id_token: id,
          refresh_token,
        },
      }),
      {
        mode,
        provider: oauth2({
          tokenEndpoint: 'https://as.example.com/token',
          clientId: 'portal',
          clientSecret: 's3cret',
        }),
      },
    )
    await setup.signIn()
    const state = await setup.readState()
    const text = JSON.stringify(state)
    expect(JSON.parse(text)).toEqual(state)
    for (const secret of [...secrets, ...setup.jar.values(), 's3cret']) expect(text).not.toContain(secret)
  })

  it.each([
    ['http://localhost:5173', undefined],
    ['https://portal.example.com', undefined],
    ['http://10.0.0.7:3000', 'https://portal.example.com'],
  ])('finds the cookie of a page at %s with the option origin %s', async (url, origin) => {
    const setup = createRenderingServer(rotating(), origin === undefined ? {} : { origin })
    const response = await setup.bff.fetch(
      new Request(`${url}/auth/session`, {
        method: 'POST',
        headers: {
          'X-Latchkey': '1',
          Origin: origin ?? url,
          'Sec-Fetch-Site': 'same-origin',
          'Content-Type': 'application/json',
        },
        body: JSON.stringify({ credentials: { username: 'c', password: 'p' } }),
      }),
    )
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(response.headers.get('Set-Cookie') ?? '') ?? []
    expect(await setup.readState({ jar: new Map([[name, value]]) }, `${url}/`)).toMatchObject({
      status: 'signed-in',
    })
  })

  it('gives each of two users, whose renders cross, their own session', async () => {
    const setup = createRenderingServer()
    const browsers = [setup, setup.openBrowser()] as const
    const ids: unknown[] = []
    for (const browser of browsers) ids.push((await browser.signIn()).body.session?.session_id)
    const states = await Promise.all(Array.from({ length: 20 }, (_, i) => setup.readState(browsers[i % 2])))
    expect(states.map(({ session }) => session?.id)).toEqual(states.map((_, i) => ids[i % 2]))
    expect(ids[0]).not.toBe(ids[1])
  })

  it('throws temporarily_unavailable when the store fails', async () => {
    const store: Store = { ...memoryStore(), read: () => Promise.reject(new Error('connection refused')) }
    const { bff } = createTestBff(rotating(), { store })
    const request = createNavigation({ jar: new Map([['__Host-Http-latchkey', 'a'.repeat(64)]]) })
    const error: unknown = await bff.session(request).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(BffError)
    expect(error).toMatchObject({ code: 'temporarily_unavailable' })
  })
})

describe('bff.session of a provider whose login is automatic', () => {
  const createMachineServer = () =>
    createRenderingServer(json({ access_token: 'machine', token_type: 'Bearer', expires_in: 900 }), {
      mode: 'proxy',
      provider: oauth2({
        grant: 'client_credentials',
        tokenEndpoint: 'https://as.example.com/token',
        clientId: 'portal',
        clientSecret: 's3cret',
        scope: ['campaigns'],
      }),
      authorize: ({ headers }) => {
        const name = headers.get('X-Caller')
        return name === null ? null : { subject: name, user: { name } }
      },
    })
  const createCall = (name?: string) => new Request(page, { headers: name ? { 'X-Caller': name } : {} })

  it('describes a caller like GET session, before and after the first grant, and writes nothing', async () => {
    const { bff, store, endpoint, sendRequest } = createMachineServer()
    const before = await bff.session(createCall('ada'))
    expect([store.writes, endpoint.requests]).toEqual([[], []])
    const { session } = (await sendRequest('GET', '/session', undefined, { 'X-Caller': 'ada' })).body
    expect(before).toMatchObject({
      status: 'signed-in',
      session: {
        id: session?.session_id,
        subject: session?.subject,
        user: { name: 'ada' },
        scope: ['campaigns'],
      },
      signInMethods: { automatic: true },
    })
    store.writes.length = 0
    expect(await bff.session(createCall('ada'))).toEqual(before)
    expect(store.writes).toEqual([])
  })

  it('is signed-out for a caller that authorize rejects', async () => {
    const { bff } = createMachineServer()
    expect(await bff.session(createCall())).toMatchObject({ status: 'signed-out', reason: 'no_session' })
  })
})
