import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { flushPromises } from './support/browser.ts'
import type { Api, ProxySetup } from './support/proxy-setup.ts'
import { createProxySetup, ok, provider } from './support/proxy-setup.ts'
import { failWithCode, grantsOf, json, rotating } from './support/token-endpoint.ts'

const unauthorized: Api = () =>
  new Response('the response of the API', {
    status: 401,
    headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
  })

/** Accepts one token, and responds with the method and body that it received. */
const acceptOnly =
  (token: string): Api =>
  (received, request) =>
    received.headers.get('Authorization') === `Bearer ${token}`
      ? new Response(`${received.method} ${received.body}`)
      : unauthorized(received, request)

const getTokens = ({ received }: ProxySetup): (string | null)[] =>
  received.map(({ headers }) => headers.get('Authorization'))

describe.each(['token', 'proxy'] as const)('a proxied request in %s mode', (mode) => {
  it('gets login_required without a session, and nothing reaches the resource server', async () => {
    const { send, received, browser } = await createProxySetup({ mode })
    browser.jar.clear()
    const response = await send('/api/me')
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ error: 'login_required', reason: 'no_session' })
    expect(response.headers.get('WWW-Authenticate')).toBe('Latchkey')
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(received).toEqual([])
  })

  it('counts as use of the session', async () => {
    const { send, clock, browser } = await createProxySetup(
      { mode, session: { idle: 3600 } },
      rotating(86_400),
    )
    for (let hour = 0; hour < 4; hour += 0.5) {
      await clock.pass(1800)
      expect((await send('/api/me')).status).toBe(200)
      await flushPromises()
    }
    await clock.pass(3601)
    const response = await send('/api/me')
    expect(await response.json()).toMatchObject({ error: 'login_required', reason: 'idle' })
    expect((await browser.restore()).body.session).toBeNull()
  })

  it.each([
    ['a form of another site', 'PUT', { 'X-Latchkey': '', 'Sec-Fetch-Site': 'cross-site' }],
    ['the page itself, without the header', 'PUT', { 'X-Latchkey': '' }],
    ['an image on another site', 'GET', { 'X-Latchkey': '', 'Sec-Fetch-Site': 'cross-site' }],
    ['an image on a sibling domain', 'GET', { 'X-Latchkey': '', 'Sec-Fetch-Site': 'same-site' }],
    [
      'a client that sends neither the header nor Sec-Fetch-Site',
      'GET',
      { 'X-Latchkey': '', 'Sec-Fetch-Site': '' },
    ],
    ['another origin, with the header', 'GET', { Origin: 'https://evil.example' }],
    ['another origin, without the header', 'GET', { 'X-Latchkey': '', Origin: 'https://evil.example' }],
  ])('is rejected when it comes from %s', async (_, method, headers) => {
    const { send, received } = await createProxySetup({ mode })
    const response = await send('/api/me', { method, headers })
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({ error: 'access_denied' })
    expect(received).toEqual([])
  })

  it.each([
    ['an image or a download of the page', 'same-origin'],
    ['a page that the user opens', 'none'],
  ])('may read without the header when it comes from %s', async (_, site) => {
    const { send, browser } = await createProxySetup({ mode })
    for (const method of ['GET', 'HEAD'])
      expect(
        (await send('/api/me', { method, headers: { 'X-Latchkey': '', 'Sec-Fetch-Site': site } })).status,
      ).toBe(200)
    // Below the base path the header is required.
    expect((await browser.sendRequest('GET', '/session', undefined, { 'X-Latchkey': '' })).status).toBe(403)
  })

  it('has the session’s own token in place of the page’s cookie and Authorization', async () => {
    const { send, received } = await createProxySetup({ mode })
    for (const [method, path] of [
      ['GET', '/api/me'],
      ['PUT', '/api/me'],
      ['POST', '/api/items/'],
      ['DELETE', '/api/items/7'],
    ] as const)
      expect((await send(path, { method, headers: { Authorization: 'Bearer forged' } })).status).toBe(200)
    expect(received.map(({ headers }) => headers.get('Authorization'))).toEqual(
      Array(4).fill('Bearer access-1'),
    )
    expect(received.map(({ headers }) => headers.has('Cookie'))).toEqual(Array(4).fill(false))
  })
})

describe('a rejected token in token mode', () => {
  it('is refreshed once; the page gets the newer one without a second grant', async () => {
    const setup = await createProxySetup({ mode: 'token' })
    await setup.clock.pass(60)
    setup.respondWith(acceptOnly('access-2'))
    expect((await setup.send('/api/me')).status).toBe(200)
    await setup.clock.pass(60)
    const { body } = await setup.browser.token(1)
    expect(body.token).toMatchObject({ access_token: 'access-2', sequence: 2 })
    expect(grantsOf(setup.endpoint, 'refresh_token')).toHaveLength(1)
  })
})

describe('the token of a proxied request', () => {
  it('is refreshed when that is due', async () => {
    const setup = await createProxySetup({}, rotating(900))
    await setup.clock.pass(850)
    await Promise.all([setup.send('/api/me'), setup.send('/api/items/7')])
    expect(getTokens(setup)).toEqual(['Bearer access-2', 'Bearer access-2'])
    expect(grantsOf(setup.endpoint, 'refresh_token')).toHaveLength(1)
  })

  it('is used until it expires while the refresh fails', async () => {
    const setup = await createProxySetup({}, rotating(900))
    setup.endpoint.script(failWithCode('ECONNREFUSED'))
    await setup.clock.pass(850)
    expect((await setup.send('/api/me')).status).toBe(200)
    await setup.clock.pass(100)
    const response = await setup.send('/api/me')
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ error: 'temporarily_unavailable' })
    expect(setup.received).toHaveLength(1)
  })

  it('is refreshed once for all concurrent requests when the resource server rejects it', async () => {
    const setup = await createProxySetup()
    await setup.clock.pass(60)
    setup.respondWith(acceptOnly('access-2'))
    const responses = await Promise.all(
      ['GET', 'GET', 'PUT', 'HEAD'].map((method) => setup.send('/api/me', { method })),
    )
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(grantsOf(setup.endpoint, 'refresh_token')).toHaveLength(1)
    expect(setup.received).toHaveLength(8)
  })

  it('is refreshed once when the resource server rejects every token; the page gets its response and keeps the session', async () => {
    const setup = await createProxySetup()
    await setup.clock.pass(60)
    setup.respondWith(unauthorized)
    const response = await setup.send('/api/me')
    expect([response.status, await response.text()]).toEqual([401, 'the response of the API'])
    expect(response.headers.get('WWW-Authenticate')).toBe('Bearer error="invalid_token"')
    expect(getTokens(setup)).toEqual(['Bearer access-1', 'Bearer access-2'])
    // The new token was issued too recently to be refreshed.
    for (let round = 0; round < 5; round += 1) expect((await setup.send('/api/me')).status).toBe(401)
    expect(grantsOf(setup.endpoint, 'refresh_token')).toHaveLength(1)
    expect((await setup.browser.restore()).body.session).toMatchObject({ session_id: expect.any(String) })
  })

  it('is not refreshed when its scope is insufficient', async () => {
    const setup = await createProxySetup()
    await setup.clock.pass(60)
    const challenge = 'Basic realm="x", Bearer scope="write", error="insufficient_scope"'
    for (const status of [401, 403]) {
      setup.respondWith(() => new Response('', { status, headers: { 'WWW-Authenticate': challenge } }))
      const response = await setup.send('/api/me')
      expect(response.headers.get('WWW-Authenticate')).toBe(
        'Bearer scope="write", error="insufficient_scope"',
      )
    }
    expect(setup.received).toHaveLength(2)
    expect(grantsOf(setup.endpoint, 'refresh_token')).toEqual([])
  })

  it('leaves no response unread after a rejection, which would keep a connection open', async () => {
    const setup = await createProxySetup()
    await setup.clock.pass(60)
    let unreadCount = 0
    setup.respondWith(() => {
      unreadCount += 1
      const cancel = (): void => void (unreadCount -= 1)
      return new Response(new ReadableStream({ cancel }), { status: 401 })
    })
    await (await setup.send('/api/me')).body?.cancel()
    expect(unreadCount).toBe(0)
    await setup.clock.pass(60)
    setup.endpoint.script(json({}, 503))
    expect((await setup.send('/api/me')).status).toBe(503)
    expect(unreadCount).toBe(0)
  })

  it('causes 503 and keeps the session when it is rejected and the authorization server is down', async () => {
    const setup = await createProxySetup()
    await setup.clock.pass(60)
    setup.respondWith(unauthorized)
    setup.endpoint.script(json({}, 503))
    const response = await setup.send('/api/me')
    expect([response.status, response.headers.has('Retry-After')]).toEqual([503, true])
    expect((await setup.browser.restore()).body.session).toMatchObject({ session_id: expect.any(String) })
  })

  it('ends the session when it is rejected and cannot be refreshed, as in token mode', async () => {
    const setup = await createProxySetup(
      {},
      json({ access_token: 'a', token_type: 'Bearer', expires_in: 900 }),
    )
    await setup.clock.pass(60)
    setup.respondWith(unauthorized)
    const response = await setup.send('/api/me')
    expect(await response.json()).toMatchObject({ error: 'login_required', reason: 'no_refresh' })
    expect((await setup.browser.restore()).body.session).toBeNull()
  })

  it.each([
    ['a body that refreshIf names', { errorCode: 2 }, 2],
    ['a body that ignoreIf names', { errorCode: 1 }, 1],
    ['a body that neither names', { errorCode: 9 }, 1],
    ['a body without the member', {}, 1],
    ['a body that is not JSON', 'expired', 1],
    ['a body that is too long', { errorCode: 2, more: '.'.repeat(9000) }, 1],
  ])(
    'is refreshed by the rules of the provider, and the body reaches the page: %s',
    async (_, value, requests) => {
      const tokenRejection = {
        refreshIf: { pointer: '/errorCode', in: [2] },
        ignoreIf: { pointer: '/errorCode', in: [1, 3] },
      }
      const setup = await createProxySetup({ provider: { ...provider, resource: { tokenRejection } } })
      await setup.clock.pass(60)
      const body = typeof value === 'string' ? value : JSON.stringify(value)
      setup.respondWith(() => new Response(body, { status: 401 }))
      const response = await setup.send('/api/me')
      expect([response.status, await response.text()]).toEqual([401, body])
      expect(setup.received).toHaveLength(requests)
    },
  )

  it.each([
    [3, 1],
    [2, 2],
  ])('is refreshed unless ignoreIf names the body: error code %i', async (errorCode, requests) => {
    const ignoreIf = { pointer: '/errorCode', in: [1, 3] }
    const setup = await createProxySetup({
      provider: { ...provider, resource: { tokenRejection: { ignoreIf } } },
    })
    await setup.clock.pass(60)
    setup.respondWith(() => Response.json({ errorCode }, { status: 401 }))
    expect((await setup.send('/api/me')).status).toBe(401)
    expect(setup.received).toHaveLength(requests)
  })

  it('is refreshed for the statuses that the provider names', async () => {
    const setup = await createProxySetup({
      provider: { ...provider, resource: { tokenRejection: { status: [401, 440] } } },
    })
    await setup.clock.pass(60)
    setup.respondWith(() => new Response('', { status: 440 }))
    expect((await setup.send('/api/me')).status).toBe(440)
    expect(setup.received).toHaveLength(2)
  })
})

describe('the body of a proxied request', () => {
  const createStream = (): ReadableStream =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('streamed'))
        controller.close()
      },
    })

  it('is sent again after a refresh when its length is known and short', async () => {
    const setup = await createProxySetup()
    await setup.clock.pass(60)
    setup.respondWith(acceptOnly('access-2'))
    const response = await setup.send('/api/items/', {
      method: 'POST',
      body: '{"a":1}',
      headers: { 'Content-Length': '7' },
    })
    expect(await response.text()).toBe('POST {"a":1}')
    expect(setup.received).toHaveLength(2)
  })

  it('is not sent again when it is a stream: the page gets the 401, and the next request uses the new token', async () => {
    const setup = await createProxySetup()
    await setup.clock.pass(60)
    setup.respondWith(acceptOnly('access-2'))
    const init = { method: 'POST', body: createStream(), duplex: 'half' }
    const first = await setup.send('/api/items/', init)
    expect([first.status, await first.text()]).toEqual([401, 'the response of the API'])
    expect(setup.received.map(({ body }) => body)).toEqual(['streamed'])
    expect((await setup.send('/api/items/', { ...init, body: createStream() })).status).toBe(200)
    expect(grantsOf(setup.endpoint, 'refresh_token')).toHaveLength(1)
  })

  it('that is long is streamed, whether its length is known or not', async () => {
    const setup = await createProxySetup()
    await setup.clock.pass(60)
    setup.respondWith(acceptOnly('access-2'))
    const body = '.'.repeat(65_537)
    const init = { method: 'POST', body, headers: { 'Content-Length': String(body.length) } }
    expect((await setup.send('/api/items/', init)).status).toBe(401)
    expect(setup.received.map((request) => request.body)).toEqual([body])
  })

  it('causes 400 when it ends early', async () => {
    const setup = await createProxySetup()
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error('broken')) })
    const init = { method: 'POST', body, duplex: 'half', headers: { 'Content-Length': '7' } }
    expect((await setup.send('/api/items/', init)).status).toBe(400)
    expect(setup.received).toEqual([])
  })
})

describe('the resource server', () => {
  it.each(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND'])(
    'causes 503 when the connection fails (%s)',
    async (code) => {
      const setup = await createProxySetup()
      setup.respondWith((received, request) =>
        failWithCode(code)({ ...received, url: new URL(request.url), parameters: new URLSearchParams() }),
      )
      const response = await setup.send('/api/me?canary=1')
      expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '5'])
      const text = await response.text()
      expect(JSON.parse(text)).toMatchObject({ error: 'temporarily_unavailable' })
      expect(text).not.toMatch(/ECONN|ENOT|example/)
      expect(setup.log.at(-1)).toContain(
        `Proxy request to api.example.com failed with 503: the connection failed (${code})`,
      )
    },
  )

  it('has 30 s to begin its response, even when it ignores the abort', async () => {
    const setup = await createProxySetup()
    setup.respondWith(() => new Promise(() => {}))
    const response = setup.send('/api/me')
    await flushPromises()
    await setup.clock.pass(31)
    expect((await response).status).toBe(503)
    expect(setup.log.at(-1)).toContain('no response within 30 s')
  })

  it('has no time limit for the body of its response', async () => {
    const setup = await createProxySetup()
    const signals: AbortSignal[] = []
    let finish = (): void => {}
    setup.respondWith((_, { signal }) => {
      signals.push(signal)
      return new Response(
        new ReadableStream({
          start(controller) {
            finish = () => {
              controller.enqueue(new TextEncoder().encode('late'))
              controller.close()
            }
          },
        }),
      )
    })
    const response = await setup.send('/api/me')
    await setup.clock.pass(3600)
    finish()
    expect(await response.text()).toBe('late')
    expect(signals.map(({ aborted }) => aborted)).toEqual([false])
  })

  it('is aborted when the page aborts, before the response begins and during its body', async () => {
    const setup = await createProxySetup()
    const signals: AbortSignal[] = []
    setup.respondWith((_, { signal }) => {
      signals.push(signal)
      return signals.length === 1 ? new Promise(() => {}) : new Response(new ReadableStream())
    })
    for (const hasBegun of [false, true]) {
      const page = new AbortController()
      const response = setup.send('/api/me', { signal: page.signal })
      await flushPromises()
      if (hasBegun) expect((await response).status).toBe(200)
      page.abort()
      await flushPromises()
      expect(signals.at(-1)?.aborted).toBe(true)
    }
    expect(setup.log.filter((line) => line.startsWith('Proxy request'))).toEqual([])
  })
})

it('keeps cookies, secrets and the page’s Authorization from the resource server, and these and tokens from the log', async () => {
  const refreshToken = 'canary-of-the-refresh-token'
  const accessToken = 'canary-of-the-access-token'
  const setup = await createProxySetup(
    {},
    json({ access_token: accessToken, refresh_token: refreshToken, token_type: 'Bearer', expires_in: 900 }),
  )
  const [cookie = ''] = setup.browser.jar.values()
  const forged = 'canary-of-the-page'
  const responses: string[] = []
  const apis: Api[] = [
    ok,
    unauthorized,
    (_, { url, headers }) => {
      throw new TypeError(`failed: ${url} ${[...headers].join()}`, { cause: new Error(url) })
    },
    (_, { url, headers }) =>
      new Response(null, {
        status: 302,
        headers: { Location: `https://evil.example/?${url}${headers.get('authorization')}` },
      }),
    (_, { headers }) =>
      new Response(null, {
        status: 401,
        headers: { 'WWW-Authenticate': `Basic realm="${headers.get('authorization')}"` },
      }),
  ]
  await setup.clock.pass(60)
  for (const api of apis) {
    setup.respondWith(api)
    for (const path of ['/api/me', '/api/items/%2e%2e%2f', `/api/items/x?${forged}`]) {
      const response = await setup.send(path, { headers: { Authorization: `Bearer ${forged}` } })
      responses.push(inspect([...response.headers]), await response.text())
    }
  }
  const sent = setup.received.map(({ headers, body }) => inspect([...headers]) + body).join()
  for (const secret of [cookie, refreshToken, forged, 's3cret', 'correct horse'])
    expect(sent).not.toContain(secret)
  const written = inspect(setup.log) + responses.join()
  for (const secret of [cookie, refreshToken, forged, accessToken, 's3cret'])
    expect(written).not.toContain(secret)
})
