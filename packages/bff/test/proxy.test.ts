import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { flushPromises } from './support/browser.ts'
import type { Api } from './support/proxy-setup.ts'
import { createProxyScene, ok, provider } from './support/proxy-setup.ts'
import { failWithCode, grantsOf, json, rotating } from './support/token-endpoint.ts'

const unauthorized: Api = () =>
  new Response('the answer of the API', {
    status: 401,
    headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
  })

/** Knows one token only, and says what it heard. */
const knowing =
  (token: string): Api =>
  (received, request) =>
    received.headers.get('Authorization') === `Bearer ${token}`
      ? new Response(`${received.method} ${received.body}`)
      : unauthorized(received, request)

const tokens = ({ received }: { received: { headers: Headers }[] }): (string | null)[] =>
  received.map(({ headers }) => headers.get('Authorization'))

describe('who asks', () => {
  it('without a session is told to sign in, and the resource server hears nothing', async () => {
    const { send, received, browser } = await createProxyScene()
    browser.jar.clear()
    const answer = await send('/api/me')
    expect(answer.status).toBe(401)
    expect(await answer.json()).toMatchObject({ error: 'login_required', reason: 'no_session' })
    expect(answer.headers.get('WWW-Authenticate')).toBe('Latchkey')
    expect(answer.headers.get('Cache-Control')).toBe('no-store')
    expect(received).toEqual([])
  })

  it('uses the session, so that it lives on', async () => {
    const { send, clock, browser } = await createProxyScene({ session: { idle: 3600 } }, rotating(86_400))
    for (let hour = 0; hour < 4; hour += 0.5) {
      await clock.pass(1800)
      expect((await send('/api/me')).status).toBe(200)
      await flushPromises()
    }
    await clock.pass(3601)
    const answer = await send('/api/me')
    expect(await answer.json()).toMatchObject({ error: 'login_required', reason: 'idle' })
    expect((await browser.restore()).body.session).toBeNull()
  })

  it.each([
    ['a form of another site', 'POST', { 'X-Latchkey': '', 'Sec-Fetch-Site': 'cross-site' }],
    ['our own page without the header', 'POST', { 'X-Latchkey': '' }],
    ['a picture on another site', 'GET', { 'X-Latchkey': '', 'Sec-Fetch-Site': 'cross-site' }],
    ['a picture on a sibling domain', 'GET', { 'X-Latchkey': '', 'Sec-Fetch-Site': 'same-site' }],
    ['something old that says nothing', 'GET', { 'X-Latchkey': '', 'Sec-Fetch-Site': '' }],
    ['another origin, with the header', 'GET', { Origin: 'https://evil.example' }],
    ['another origin, without it', 'GET', { 'X-Latchkey': '', Origin: 'https://evil.example' }],
  ])('as %s is refused', async (_, method, headers) => {
    const { send, received } = await createProxyScene()
    const answer = await send('/api/me', { method: method === 'POST' ? 'PUT' : method, headers })
    expect(answer.status).toBe(403)
    expect(await answer.json()).toMatchObject({ error: 'access_denied' })
    expect(received).toEqual([])
  })

  it.each([
    ['a picture or a download of our page', 'same-origin'],
    ['what the user opens', 'none'],
  ])('as %s may read without the header', async (_, site) => {
    const { send, browser } = await createProxyScene()
    for (const method of ['GET', 'HEAD'])
      expect(
        (await send('/api/me', { method, headers: { 'X-Latchkey': '', 'Sec-Fetch-Site': site } })).status,
      ).toBe(200)
    // The BFF's own paths stay as they are.
    expect((await browser.ask('GET', '/session', undefined, { 'X-Latchkey': '' })).status).toBe(403)
  })
})

describe('the token', () => {
  it('is refreshed before it is due', async () => {
    const scene = await createProxyScene({}, rotating(900))
    await scene.clock.pass(850)
    await Promise.all([scene.send('/api/me'), scene.send('/api/items/7')])
    expect(tokens(scene)).toEqual(['Bearer access-2', 'Bearer access-2'])
    expect(grantsOf(scene.endpoint, 'refresh_token')).toHaveLength(1)
  })

  it('is used as long as it lives when no newer one can be had', async () => {
    const scene = await createProxyScene({}, rotating(900))
    scene.endpoint.script(failWithCode('ECONNREFUSED'))
    await scene.clock.pass(850)
    expect((await scene.send('/api/me')).status).toBe(200)
    await scene.clock.pass(100)
    const answer = await scene.send('/api/me')
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({ error: 'temporarily_unavailable' })
    expect(scene.received).toHaveLength(1)
  })

  it('that is rejected is refreshed once for all who use it, and they are answered', async () => {
    const scene = await createProxyScene()
    await scene.clock.pass(60)
    scene.answer(knowing('access-2'))
    const answers = await Promise.all(
      ['GET', 'GET', 'PUT', 'HEAD'].map((method) => scene.send('/api/me', { method })),
    )
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(grantsOf(scene.endpoint, 'refresh_token')).toHaveLength(1)
    expect(scene.received).toHaveLength(8)
  })

  it('that is always rejected brings one more try, then the answer of the resource server, and ends nothing', async () => {
    const scene = await createProxyScene()
    await scene.clock.pass(60)
    scene.answer(unauthorized)
    const answer = await scene.send('/api/me')
    expect([answer.status, await answer.text()]).toEqual([401, 'the answer of the API'])
    expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer error="invalid_token"')
    expect(tokens(scene)).toEqual(['Bearer access-1', 'Bearer access-2'])
    // The new one is too young to be refreshed, however often it is rejected.
    for (let round = 0; round < 5; round += 1) expect((await scene.send('/api/me')).status).toBe(401)
    expect(grantsOf(scene.endpoint, 'refresh_token')).toHaveLength(1)
    expect((await scene.browser.restore()).body.session).toMatchObject({ session_id: expect.any(String) })
  })

  it('that is rejected for its scope is not refreshed', async () => {
    const scene = await createProxyScene()
    await scene.clock.pass(60)
    const challenge = 'Basic realm="x", Bearer scope="write", error="insufficient_scope"'
    for (const status of [401, 403]) {
      scene.answer(() => new Response('', { status, headers: { 'WWW-Authenticate': challenge } }))
      const answer = await scene.send('/api/me')
      expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer scope="write", error="insufficient_scope"')
    }
    expect(scene.received).toHaveLength(2)
    expect(grantsOf(scene.endpoint, 'refresh_token')).toEqual([])
  })

  it('that is rejected leaves no answer unread, which would keep a connection', async () => {
    const scene = await createProxyScene()
    await scene.clock.pass(60)
    let kept = 0
    scene.answer(() => {
      kept += 1
      const cancel = (): void => void (kept -= 1)
      return new Response(new ReadableStream({ cancel }), { status: 401 })
    })
    await (await scene.send('/api/me')).body?.cancel()
    expect(kept).toBe(0)
    await scene.clock.pass(60)
    scene.endpoint.script(json({}, 503))
    expect((await scene.send('/api/me')).status).toBe(503)
    expect(kept).toBe(0)
  })

  it('that is rejected while the authorization server is away is an outage, and ends nothing', async () => {
    const scene = await createProxyScene()
    await scene.clock.pass(60)
    scene.answer(unauthorized)
    scene.endpoint.script(json({}, 503))
    const answer = await scene.send('/api/me')
    expect([answer.status, answer.headers.has('Retry-After')]).toEqual([503, true])
    expect((await scene.browser.restore()).body.session).toMatchObject({ session_id: expect.any(String) })
  })

  it('that is rejected and that nothing can refresh ends the session, as in token mode', async () => {
    const scene = await createProxyScene(
      {},
      json({ access_token: 'a', token_type: 'Bearer', expires_in: 900 }),
    )
    await scene.clock.pass(60)
    scene.answer(unauthorized)
    const answer = await scene.send('/api/me')
    expect(await answer.json()).toMatchObject({ error: 'login_required', reason: 'no_refresh' })
    expect((await scene.browser.restore()).body.session).toBeNull()
  })

  it.each([
    ['one that does', { errorCode: 2 }, 2],
    ['one that says the opposite', { errorCode: 1 }, 1],
    ['one that says something else', { errorCode: 9 }, 1],
    ['one that says nothing', {}, 1],
    ['one that is no JSON', 'expired', 1],
    ['one that is too long', { errorCode: 2, more: '.'.repeat(9000) }, 1],
  ])('is refreshed only for a body that says so, which reaches the page: %s', async (_, said, requests) => {
    const unauthorizedRules = {
      refreshIf: { pointer: '/errorCode', in: [2] },
      ignoreIf: { pointer: '/errorCode', in: [1, 3] },
    }
    const scene = await createProxyScene({
      provider: { ...provider, resource: { tokenRejection: unauthorizedRules } },
    })
    await scene.clock.pass(60)
    const body = typeof said === 'string' ? said : JSON.stringify(said)
    scene.answer(() => new Response(body, { status: 401 }))
    const answer = await scene.send('/api/me')
    expect([answer.status, await answer.text()]).toEqual([401, body])
    expect(scene.received).toHaveLength(requests)
  })

  it.each([
    [3, 1],
    [2, 2],
  ])('is refreshed for any body but one that says it is good: %i', async (errorCode, requests) => {
    const neverIf = { pointer: '/errorCode', in: [1, 3] }
    const scene = await createProxyScene({
      provider: { ...provider, resource: { tokenRejection: { ignoreIf: neverIf } } },
    })
    await scene.clock.pass(60)
    scene.answer(() => Response.json({ errorCode }, { status: 401 }))
    expect((await scene.send('/api/me')).status).toBe(401)
    expect(scene.received).toHaveLength(requests)
  })

  it('is found to be rejected by the status that the provider names', async () => {
    const scene = await createProxyScene({
      provider: { ...provider, resource: { tokenRejection: { status: [401, 440] } } },
    })
    await scene.clock.pass(60)
    scene.answer(() => new Response('', { status: 440 }))
    expect((await scene.send('/api/me')).status).toBe(440)
    expect(scene.received).toHaveLength(2)
  })
})

describe('a body', () => {
  const stream = (): ReadableStream =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('streamed'))
        controller.close()
      },
    })

  it('of known, short length is sent once more when the token was rejected', async () => {
    const scene = await createProxyScene()
    await scene.clock.pass(60)
    scene.answer(knowing('access-2'))
    const answer = await scene.send('/api/items/', {
      method: 'POST',
      body: '{"a":1}',
      headers: { 'Content-Length': '7' },
    })
    expect(await answer.text()).toBe('POST {"a":1}')
    expect(scene.received).toHaveLength(2)
  })

  it('that is a stream is not: its 401 is the caller’s, and the next request has the new token', async () => {
    const scene = await createProxyScene()
    await scene.clock.pass(60)
    scene.answer(knowing('access-2'))
    const init = { method: 'POST', body: stream(), duplex: 'half' }
    const first = await scene.send('/api/items/', init)
    expect([first.status, await first.text()]).toEqual([401, 'the answer of the API'])
    expect(scene.received.map(({ body }) => body)).toEqual(['streamed'])
    expect((await scene.send('/api/items/', { ...init, body: stream() })).status).toBe(200)
    expect(grantsOf(scene.endpoint, 'refresh_token')).toHaveLength(1)
  })

  it('that is long is streamed, whether its length is known or not', async () => {
    const scene = await createProxyScene()
    await scene.clock.pass(60)
    scene.answer(knowing('access-2'))
    const body = '.'.repeat(65_537)
    const init = { method: 'POST', body, headers: { 'Content-Length': String(body.length) } }
    expect((await scene.send('/api/items/', init)).status).toBe(401)
    expect(scene.received.map((one) => one.body)).toEqual([body])
  })

  it('that breaks off is the page’s fault', async () => {
    const scene = await createProxyScene()
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error('broken')) })
    const init = { method: 'POST', body, duplex: 'half', headers: { 'Content-Length': '7' } }
    expect((await scene.send('/api/items/', init)).status).toBe(400)
    expect(scene.received).toEqual([])
  })
})

describe('a resource server', () => {
  it.each(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND'])(
    'that cannot be reached (%s) is an outage',
    async (code) => {
      const scene = await createProxyScene()
      scene.answer((received, request) =>
        failWithCode(code)({ ...received, url: new URL(request.url), parameters: new URLSearchParams() }),
      )
      const answer = await scene.send('/api/me?canary=1')
      expect([answer.status, answer.headers.get('Retry-After')]).toEqual([503, '5'])
      const text = await answer.text()
      expect(JSON.parse(text)).toMatchObject({ error: 'temporarily_unavailable' })
      expect(text).not.toMatch(/ECONN|ENOT|example/)
      expect(scene.notes.at(-1)).toContain(
        `the resource server api.example.com was asked in vain: the connection failed (${code})`,
      )
    },
  )

  it('that does not begin to answer has thirty seconds, even if it does not hear that it is too late', async () => {
    const scene = await createProxyScene()
    scene.answer(() => new Promise(() => {}))
    const answer = scene.send('/api/me')
    await flushPromises()
    await scene.clock.pass(31)
    expect((await answer).status).toBe(503)
    expect(scene.notes.at(-1)).toContain('no answer within 30 s')
  })

  it('may take as long as it likes once it has begun', async () => {
    const scene = await createProxyScene()
    const signals: AbortSignal[] = []
    let finish = (): void => {}
    scene.answer((_, { signal }) => {
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
    const answer = await scene.send('/api/me')
    await scene.clock.pass(3600)
    finish()
    expect(await answer.text()).toBe('late')
    expect(signals.map(({ aborted }) => aborted)).toEqual([false])
  })

  it('is let go when the page gives up, before the answer and within it', async () => {
    const scene = await createProxyScene()
    const signals: AbortSignal[] = []
    scene.answer((_, { signal }) => {
      signals.push(signal)
      return signals.length === 1 ? new Promise(() => {}) : new Response(new ReadableStream())
    })
    for (const begun of [false, true]) {
      const page = new AbortController()
      const answer = scene.send('/api/me', { signal: page.signal })
      await flushPromises()
      if (begun) expect((await answer).status).toBe(200)
      page.abort()
      await flushPromises()
      expect(signals.at(-1)?.aborted).toBe(true)
    }
    expect(scene.notes.filter((note) => note.includes('in vain'))).toEqual([])
  })
})

it('lets no cookie, secret or Authorization of the page reach the resource server, and none of them or a token the log', async () => {
  const refresh = 'canary-of-the-refresh-token'
  const access = 'canary-of-the-access-token'
  const scene = await createProxyScene(
    {},
    json({ access_token: access, refresh_token: refresh, token_type: 'Bearer', expires_in: 900 }),
  )
  const [cookie = ''] = scene.browser.jar.values()
  const forged = 'canary-of-the-page'
  const answers: string[] = []
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
  await scene.clock.pass(60)
  for (const api of apis) {
    scene.answer(api)
    for (const path of ['/api/me', '/api/items/%2e%2e%2f', `/api/items/x?${forged}`]) {
      const answer = await scene.send(path, { headers: { Authorization: `Bearer ${forged}` } })
      answers.push(inspect([...answer.headers]), await answer.text())
    }
  }
  const heard = scene.received.map(({ headers, body }) => inspect([...headers]) + body).join()
  for (const secret of [cookie, refresh, forged, 's3cret', 'correct horse'])
    expect(heard).not.toContain(secret)
  const told = inspect(scene.notes) + answers.join()
  for (const secret of [cookie, refresh, forged, access, 's3cret']) expect(told).not.toContain(secret)
})
