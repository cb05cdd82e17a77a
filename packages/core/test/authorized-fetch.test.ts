import { describe, expect, it } from 'vitest'
import type { AuthClientOptions } from '../src/index.ts'
import { AuthError, createAuthClient } from '../src/index.ts'
import { createSetup } from './setup.ts'

/** Opens a page with a signed-in user; `requests` are those that the API received. */
const openSignedInPage = async (
  api: (request: Request, isTokenValid: boolean) => Response | Promise<Response>,
  options: Pick<AuthClientOptions, 'allow' | 'onExpired' | 'rejectsToken'> = {},
) => {
  const requests: Request[] = []
  const setup = createSetup({
    signedInAs: 'cathy',
    api: (request) => {
      requests.push(request.clone())
      return api(request, setup.bff.acceptsToken(request))
    },
  })
  const { client, tab } = setup.openPage(options)
  await client.ready()
  return { ...setup, client, tab, requests }
}
const checkToken = (_: Request, isTokenValid: boolean): Response =>
  new Response(null, { status: isTokenValid ? 200 : 401 })

describe('auth.fetch', () => {
  it.each([
    ['a path', '/api/items'],
    ["a URL string of the page's own origin", 'https://app.test/api/items'],
    ['a URL', new URL('https://app.test/api/items')],
    ['a Request', new Request('https://app.test/api/items')],
    ['a relative path', 'api/items'],
  ])('sends the token to %s on its own origin', async (_, input) => {
    const { client, requests } = await openSignedInPage(checkToken)
    expect((await client.fetch(input)).status).toBe(200)
    expect(requests[0]?.headers.get('authorization')).toBe('Bearer session-1.token-1')
  })

  it.each([
    'https://evil.test/api',
    '//evil.test/api',
    '/\\evil.test/api',
    '/\t/evil.test/api',
    'https://app.test@evil.test/',
    'https://app.test.evil.test/',
    'http://app.test/api',
    'https://app.test:8443/api',
  ])('53 sends no token to %s', async (url) => {
    const { client, requests } = await openSignedInPage(() => new Response())
    // fetch itself rejects a URL that contains a username.
    await client.fetch(url).catch(() => {})
    expect(requests.some((request) => request.headers.has('authorization'))).toBe(false)
  })

  it('53 sends the token to an allowed origin, and not to an origin with the same prefix', async () => {
    const { client, requests } = await openSignedInPage(checkToken, { allow: ['https://api.test'] })
    await client.fetch('https://api.test/items')
    await client.fetch('https://api.test.evil.test/items')
    expect(requests.map((request) => request.headers.get('authorization'))).toEqual([
      'Bearer session-1.token-1',
      null,
    ])
  })

  it.each([
    'api.test',
    '127.0.0.1:8910',
    'localhost:8910',
    'https://api.test/v2',
    'https://api.test?a',
    'data:text/plain,a',
    '*',
    '',
  ])('rejects the allow entry %j, which is not an origin', (entry) => {
    expect(() => createAuthClient({ allow: [entry] })).toThrow(
      new AuthError(
        'invalid_request',
        `allow: "${entry}" is not an origin such as "https://api.example.com"`,
      ),
    )
  })

  it("decides by the page's own origin, whatever a <base> element says", async () => {
    const requests: string[] = []
    const { browser } = createSetup({ signedInAs: 'cathy' })
    const { platform } = browser.openTab()
    const baseURI = 'https://cdn.test/'
    const client = createAuthClient({
      platform: {
        ...platform,
        document: { hidden: false, baseURI },
        fetch: (input, init) => {
          const request = new Request(new URL(input as string | URL, baseURI), init)
          requests.push(`${request.url} ${request.headers.get('authorization')}`)
          return platform.fetch(request)
        },
      },
    })
    await client.fetch('https://app.test/api/items')
    await client.fetch('/logo.svg')
    await client.signIn({ username: 'bob', password: 'x' })
    expect(requests).toEqual([
      'https://app.test/auth/session null',
      'https://app.test/api/items Bearer session-1.token-1',
      'https://cdn.test/logo.svg null',
      'https://app.test/auth/session null',
    ])
  })

  it('54 sends a request with its own Authorization unchanged, and does not retry it after a 401', async () => {
    const { client, requests, bff } = await openSignedInPage(checkToken)
    const response = await client.fetch('/api/items', { headers: { Authorization: 'Basic abc' } })
    expect(response.status).toBe(401)
    expect(requests.map((request) => request.headers.get('authorization'))).toEqual(['Basic abc'])
    expect(bff.grantCount()).toBe(0)
  })

  it("keeps the caller's method, headers and body", async () => {
    const { client, requests } = await openSignedInPage(checkToken)
    await client.fetch('/api/items', { method: 'POST', headers: { 'x-mine': '1' }, body: 'text' })
    await client.fetch(
      new Request('https://app.test/api/items', { method: 'PUT', headers: { 'x-mine': '2' }, body: 'more' }),
    )
    expect(requests.map((request) => [request.method, request.headers.get('x-mine')])).toEqual([
      ['POST', '1'],
      ['PUT', '2'],
    ])
    expect(await Promise.all(requests.map((request) => request.text()))).toEqual(['text', 'more'])
  })

  it('takes a Request as the second argument, as fetch does', async () => {
    const { client, requests } = await openSignedInPage(checkToken)
    const init = new Request('https://app.test/', {
      method: 'DELETE',
      headers: { 'x-mine': '1' },
      body: 'text',
    })
    expect((await client.fetch('https://app.test/api/items', init)).status).toBe(200)
    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'DELETE https://app.test/api/items',
    ])
    expect(requests[0]?.headers.get('x-mine')).toBe('1')
    expect(await requests[0]?.text()).toBe('text')
  })

  it('sends the token to the origin of a <base> element that is inserted later only if that is allowed', async () => {
    const headers: (string | null)[] = []
    const { browser } = createSetup({ signedInAs: 'cathy' })
    const { platform } = browser.openTab()
    const document = { hidden: false, baseURI: 'https://app.test/' }
    const client = createAuthClient({
      platform: {
        ...platform,
        document,
        fetch: (input, init) => {
          headers.push(new Headers(init?.headers).get('authorization'))
          return platform.fetch(input, init)
        },
      },
    })
    await client.fetch('/api/items')
    document.baseURI = 'https://evil.test/'
    await client.fetch('/api/items')
    expect(headers).toEqual([null, 'Bearer session-1.token-1', null])
  })

  it("passes the caller's input to the network without creating another Request", async () => {
    const inputs: unknown[] = []
    const { browser } = createSetup({ signedInAs: 'cathy' })
    const { platform } = browser.openTab()
    const client = createAuthClient({
      platform: {
        ...platform,
        fetch: (input, init) => {
          inputs.push(input)
          return platform.fetch(input, init)
        },
      },
    })
    await client.fetch('/api/items')
    const url = new URL('https://app.test/api/items')
    await client.fetch(url, { method: 'POST', body: 'x' })
    const request = new Request('https://app.test/api/items')
    await client.fetch(request)
    expect(inputs.slice(1)).toEqual(['/api/items', url, request])
  })
})

describe('after a 401, auth.fetch', () => {
  it('refreshes once and repeats the request once', async () => {
    const { client, browser, bff } = await openSignedInPage(checkToken)
    bff.revokeTokens()
    expect((await client.fetch('/api/items')).status).toBe(200)
    expect(browser.requests).toEqual([
      'GET /auth/session',
      'GET /api/items',
      'POST /auth/token',
      'GET /api/items',
    ])
  })

  it('cancels the body of the first response before it repeats the request, so that it occupies no connection', async () => {
    let isCancelled = false
    const { client, bff } = await openSignedInPage((request, isTokenValid) =>
      isTokenValid
        ? new Response()
        : new Response(new ReadableStream({ cancel: () => void (isCancelled = true) }), { status: 401 }),
    )
    bff.revokeTokens()
    expect((await client.fetch('/api/items')).status).toBe(200)
    expect(isCancelled).toBe(true)
  })

  it('55 returns a second 401 to the caller without another attempt', async () => {
    const { client, browser } = await openSignedInPage(() => new Response(null, { status: 401 }))
    expect((await client.fetch('/api/items')).status).toBe(401)
    expect(browser.requests.filter((line) => line.includes('/api'))).toHaveLength(2)
    expect(browser.requests.filter((line) => line.includes('/token'))).toHaveLength(1)
  })

  it('refreshes once for 200 concurrent requests, and none of them fails', async () => {
    const { client, bff } = await openSignedInPage(checkToken)
    bff.revokeTokens()
    const responses = await Promise.all(Array.from({ length: 200 }, () => client.fetch('/api/items')))
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]))
    expect(bff.grantCount()).toBe(1)
  })

  it('56 retries with the current token when another request has refreshed it meanwhile', async () => {
    const page = await openSignedInPage(async (request, isTokenValid) => {
      if (request.url.endsWith('late') && !isTokenValid) await page.browser.wait(150)
      return checkToken(request, isTokenValid)
    })
    const { client, bff, browser } = page
    bff.revokeTokens()
    const late = client.fetch('/api/late')
    const early = client.fetch('/api/early')
    expect((await early).status).toBe(200)
    await browser.advance(200)
    expect((await late).status).toBe(200)
    expect(bff.grantCount()).toBe(1)
  })

  it.each([
    ['Bearer error="insufficient_scope", scope="write"', 0],
    ['bearer realm="x", error=insufficient_scope', 0],
    ['Basic realm="y", Bearer error="insufficient_scope"', 0],
    ['Bearer error="invalid_token"', 1],
    ['Bearer', 1],
    ['Basic realm="API"', 1],
    ['nonsense,,, ="', 1],
    ['DPoP error="insufficient_scope", Bearer error="invalid_token"', 1],
    ['Bearer realm="error=insufficient_scope"', 1],
    ['Bearer realm="a \\", error=insufficient_scope"', 1],
    ['Bearer x-error="insufficient_scope"', 1],
    ['Bearer error=insufficient_scope_now', 1],
    ['Bearer ERROR = "insufficient_scope"', 0],
    ['Negotiate abc==, Bearer error="insufficient_scope"', 0],
    [undefined, 1],
  ])('57 with the challenge %s sends %i refreshes', async (challenge, refreshes) => {
    const { client, bff } = await openSignedInPage(
      () => new Response(null, { status: 401, headers: challenge ? { 'www-authenticate': challenge } : {} }),
    )
    expect((await client.fetch('/api/items')).status).toBe(401)
    expect(bff.grantCount()).toBe(refreshes)
  })

  it('does not refresh when the status is 403', async () => {
    const { client, bff } = await openSignedInPage(() => new Response(null, { status: 403 }))
    expect((await client.fetch('/api/items')).status).toBe(403)
    expect(bff.grantCount()).toBe(0)
  })

  it.each([
    ['text', () => 'body'],
    ['a form', () => new URLSearchParams({ a: 'body' })],
    ['a blob', () => new Blob(['body'])],
    ['bytes', () => new TextEncoder().encode('body')],
  ])('sends a body of %s again', async (_, body) => {
    const bodies: string[] = []
    const { client, bff } = await openSignedInPage(async (request, isTokenValid) => {
      bodies.push(await request.text())
      return checkToken(request, isTokenValid)
    })
    bff.revokeTokens()
    expect((await client.fetch('/api/items', { method: 'POST', body: body() })).status).toBe(200)
    expect(bodies).toHaveLength(2)
    expect(bodies[1]).toBe(bodies[0])
    expect(bodies[0]).toContain('body')
  })

  it('sends form data with a file again', async () => {
    const names: string[] = []
    const { client, bff } = await openSignedInPage(async (request, isTokenValid) => {
      const file = (await request.formData()).get('file')
      names.push(file instanceof File ? `${file.name}: ${await file.text()}` : 'none')
      return checkToken(request, isTokenValid)
    })
    bff.revokeTokens()
    const body = new FormData()
    body.set('file', new File(['body'], 'notes.txt'))
    expect((await client.fetch('/api/items', { method: 'POST', body })).status).toBe(200)
    expect(names).toEqual(['notes.txt: body', 'notes.txt: body'])
  })

  it('60 sends the body of a Request again', async () => {
    const bodies: string[] = []
    const { client, bff } = await openSignedInPage(async (request, isTokenValid) => {
      bodies.push(await request.text())
      return checkToken(request, isTokenValid)
    })
    bff.revokeTokens()
    const request = new Request('https://app.test/api/items', { method: 'POST', body: 'body' })
    expect((await client.fetch(request)).status).toBe(200)
    expect(bodies).toEqual(['body', 'body'])
  })

  it('60 returns the 401 when the body was a stream, and refreshes for the next request', async () => {
    const { client, bff } = await openSignedInPage(async (request, isTokenValid) => {
      await request.text()
      return checkToken(request, isTokenValid)
    })
    bff.revokeTokens()
    const body = new Blob(['body']).stream()
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit
    expect((await client.fetch('/api/items', init)).status).toBe(401)
    expect((await client.fetch('/api/items')).status).toBe(200)
    expect(bff.grantCount()).toBe(1)
  })

  it('rejects with the error of a failed refresh, and the user stays signed in', async () => {
    const { client, bff } = await openSignedInPage(checkToken)
    bff.revokeTokens()
    bff.intercept(() => new Response('<html>', { status: 503 }))
    await expect(client.fetch('/api/items')).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      retryable: true,
    })
    expect(client.getState().status).toBe('signed-in')
  })

  it('rejects with login_required when the session has ended, and the page expires', async () => {
    const { client, bff } = await openSignedInPage(checkToken)
    bff.endSessions('refresh_rejected')
    await expect(client.fetch('/api/items')).rejects.toMatchObject({
      code: 'login_required',
      reason: 'refresh_rejected',
    })
    expect(client.getState().status).toBe('expired')
  })

  it('repeats the request once when the BFF responds with the same, recently issued token, and returns that 401', async () => {
    const { client, bff, browser, requests } = await openSignedInPage(
      () => new Response(`attempt ${requests.length}`, { status: 401 }),
    )
    const currentSession = {
      session: {
        session_id: 'session-1',
        subject: 'subject-cathy',
        user: { username: 'cathy' },
        scope: ['read'],
        expires_in: null,
      },
      token: { access_token: 'session-1.token-1', token_type: 'Bearer', expires_in: 899, sequence: 1 },
      mode: 'token',
      sign_in: {},
    }
    bff.intercept((request) => (request.url.endsWith('/token') ? Response.json(currentSession) : undefined))
    const response = await client.fetch('/api/items')
    expect(await response.text()).toBe('attempt 2')
    expect(browser.requests.filter((line) => line.includes('/api'))).toHaveLength(2)
  })
})

describe('the abort signal of a caller', () => {
  it('60 rejects this caller, and not the others that wait for the same refresh', async () => {
    const { client, bff, browser } = await openSignedInPage(checkToken)
    await browser.sleep(2 * 3_600_000)
    bff.intercept(async (request) => {
      if (request.url.endsWith('/token')) await browser.wait(500)
    })
    const controller = new AbortController()
    const first = client.fetch('/api/items', { signal: controller.signal }).catch((error: unknown) => error)
    const second = client.fetch('/api/items')
    const third = client.getAccessToken({ signal: controller.signal }).catch((error: unknown) => error)
    controller.abort(new Error('cancelled'))
    expect(await first).toMatchObject({ message: 'cancelled' })
    expect(await third).toMatchObject({ message: 'cancelled' })
    await browser.advance(500)
    expect((await second).status).toBe(200)
    expect(bff.grantCount()).toBe(1)
  })

  it('60 aborts a pending request', async () => {
    const { client } = await openSignedInPage(() => new Promise<never>(() => {}))
    const controller = new AbortController()
    const request = client.fetch('/api/items', { signal: controller.signal }).catch((error: unknown) => error)
    controller.abort()
    expect(await request).toMatchObject({ name: 'AbortError' })
  })

  it('has no listeners left after a thousand waits', async () => {
    const { client, browser } = await openSignedInPage(checkToken)
    const { signal } = new AbortController()
    let listenerCount = 0
    const add = signal.addEventListener.bind(signal)
    signal.addEventListener = (type: string, listener: never, options?: AddEventListenerOptions) => {
      listenerCount += 1
      options?.signal?.addEventListener('abort', () => (listenerCount -= 1))
      add(type, listener, options)
    }
    for (let wait = 0; wait < 50; wait += 1) await client.getAccessToken({ forceRefresh: true, signal })
    await browser.advance(0)
    expect(listenerCount).toBe(0)
  })

  it('60 prevents the request when it has aborted before', async () => {
    const { client, browser } = await openSignedInPage(checkToken)
    const before = browser.requests.length
    const signal = AbortSignal.abort()
    await expect(client.fetch('/api/items', { signal })).rejects.toMatchObject({ name: 'AbortError' })
    await expect(client.getAccessToken({ signal })).rejects.toMatchObject({ name: 'AbortError' })
    await browser.sleep(2 * 3_600_000)
    await expect(client.getAccessToken({ signal })).rejects.toMatchObject({ name: 'AbortError' })
    expect(browser.requests.length).toBe(before)
  })
})

describe('auth.fetch without a session', () => {
  it('61 rejects without sending a request', async () => {
    const { openPage, browser } = createSetup()
    const { client } = openPage()
    await client.ready()
    await expect(client.fetch('/api/items')).rejects.toMatchObject({
      code: 'login_required',
      reason: 'no_session',
    })
    expect(browser.requests).toEqual(['GET /auth/session'])
  })
})

describe('getAccessToken', () => {
  it('returns a valid token without a request and without a timer', async () => {
    const { client, browser } = await openSignedInPage(checkToken)
    const before = [browser.requests.length, browser.timerCount()]
    for (let call = 0; call < 1000; call += 1) await client.getAccessToken()
    expect([browser.requests.length, browser.timerCount()]).toEqual(before)
  })

  it('with forceRefresh joins a running refresh: one grant, and the new token for both callers', async () => {
    const { client, bff, browser } = await openSignedInPage(checkToken)
    await browser.sleep(2 * 3_600_000)
    bff.intercept(async ({ method }) => {
      if (method === 'POST') await browser.wait(500)
    })
    const silent = client.getAccessToken()
    await browser.advance(100)
    const forced = client.getAccessToken({ forceRefresh: true })
    await browser.advance(1_000)
    expect(await Promise.all([silent, forced])).toEqual(['session-1.token-2', 'session-1.token-2'])
    expect(bff.grantCount()).toBe(1)
  })

  it('with forceRefresh gets a newer token, with one grant for 20 concurrent callers', async () => {
    const { client, bff } = await openSignedInPage(checkToken)
    const tokens = await Promise.all(
      Array.from({ length: 20 }, () => client.getAccessToken({ forceRefresh: true })),
    )
    expect(new Set(tokens)).toEqual(new Set(['session-1.token-2']))
    expect(bff.grantCount()).toBe(1)
  })
})

describe('rejectsToken', () => {
  const rejectsToken = async (response: Response): Promise<boolean> =>
    response.status === 401 && ((await response.clone().json()) as { errorCode: number }).errorCode === 2

  it.each([
    ['makes auth.fetch refresh when it returns true', 2, 1],
    ['prevents a refresh when it returns false', 1, 0],
  ])('%s', async (_, errorCode, refreshes) => {
    const { client, bff } = await openSignedInPage(
      (_request, isTokenValid) =>
        Response.json({ errorCode }, { status: isTokenValid && refreshes ? 200 : 401 }),
      { rejectsToken },
    )
    bff.revokeTokens()
    const response = await client.fetch('/api')
    expect(response.status).toBe(refreshes ? 200 : 401)
    expect(await response.json()).toEqual({ errorCode })
    expect(bff.grantCount()).toBe(refreshes)
  })
})
