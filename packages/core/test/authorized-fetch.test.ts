import { describe, expect, it } from 'vitest'
import type { AuthClientOptions } from '../src/index.ts'
import { AuthError, createAuthClient } from '../src/index.ts'
import { setStage } from './setup.ts'

/** A page that is signed in, an API that tells what it was sent, and how often each address was asked. */
const signedIn = async (
  api: (request: Request, accepted: boolean) => Response | Promise<Response>,
  options: Pick<AuthClientOptions, 'allow' | 'onExpired' | 'rejectsToken'> = {},
) => {
  const seen: Request[] = []
  const stage = setStage({
    signedInAs: 'cathy',
    api: (request) => {
      seen.push(request.clone())
      return api(request, stage.bff.acceptsToken(request))
    },
  })
  const { client, tab } = stage.openPage(options)
  await client.ready()
  return { ...stage, client, tab, seen }
}
const gate = (_: Request, accepted: boolean): Response => new Response(null, { status: accepted ? 200 : 401 })

describe('auth.fetch', () => {
  it.each([
    ['a path', '/api/items'],
    ["an address of the page's own origin", 'https://app.test/api/items'],
    ['a URL', new URL('https://app.test/api/items')],
    ['a Request', new Request('https://app.test/api/items')],
    ['a relative path', 'api/items'],
  ])('sends the token with %s', async (_, input) => {
    const { client, seen } = await signedIn(gate)
    expect((await client.fetch(input)).status).toBe(200)
    expect(seen[0]?.headers.get('authorization')).toBe('Bearer session-1.token-1')
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
  ])('53 sends no token to %s', async (address) => {
    const { client, seen } = await signedIn(() => new Response())
    // An address with a user in it is refused by fetch itself.
    await client.fetch(address).catch(() => {})
    expect(seen.some((request) => request.headers.has('authorization'))).toBe(false)
  })

  it('53 sends the token to an allowed origin, and to no origin that only begins like it', async () => {
    const { client, seen } = await signedIn(gate, { allow: ['https://api.test'] })
    await client.fetch('https://api.test/items')
    await client.fetch('https://api.test.evil.test/items')
    expect(seen.map((request) => request.headers.get('authorization'))).toEqual([
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
  ])('refuses to allow %j, which is not an origin', (entry) => {
    expect(() => createAuthClient({ allow: [entry] })).toThrow(
      new AuthError(
        'invalid_request',
        `allow: "${entry}" is not an origin such as "https://api.example.com"`,
      ),
    )
  })

  it("goes by the page's own origin, wherever a <base> in the page leads", async () => {
    const seen: string[] = []
    const { browser } = setStage({ signedInAs: 'cathy' })
    const { platform } = browser.openTab()
    const baseURI = 'https://cdn.test/'
    const client = createAuthClient({
      platform: {
        ...platform,
        document: { hidden: false, baseURI },
        fetch: (input, init) => {
          const request = new Request(new URL(input as string | URL, baseURI), init)
          seen.push(`${request.url} ${request.headers.get('authorization')}`)
          return platform.fetch(request)
        },
      },
    })
    await client.fetch('https://app.test/api/items')
    await client.fetch('/logo.svg')
    await client.signIn({ username: 'bob', password: 'x' })
    expect(seen).toEqual([
      'https://app.test/auth/session null',
      'https://app.test/api/items Bearer session-1.token-1',
      'https://cdn.test/logo.svg null',
      'https://app.test/auth/session null',
    ])
  })

  it('54 leaves a request alone that brings its own Authorization, also when it is refused', async () => {
    const { client, seen, bff } = await signedIn(gate)
    const response = await client.fetch('/api/items', { headers: { Authorization: 'Basic abc' } })
    expect(response.status).toBe(401)
    expect(seen.map((request) => request.headers.get('authorization'))).toEqual(['Basic abc'])
    expect(bff.grantCount()).toBe(0)
  })

  it('keeps the method, the headers and the body of the caller', async () => {
    const { client, seen } = await signedIn(gate)
    await client.fetch('/api/items', { method: 'POST', headers: { 'x-mine': '1' }, body: 'text' })
    await client.fetch(
      new Request('https://app.test/api/items', { method: 'PUT', headers: { 'x-mine': '2' }, body: 'more' }),
    )
    expect(seen.map((request) => [request.method, request.headers.get('x-mine')])).toEqual([
      ['POST', '1'],
      ['PUT', '2'],
    ])
    expect(await Promise.all(seen.map((request) => request.text()))).toEqual(['text', 'more'])
  })

  it('builds no Request of its own: what the caller gave goes to the network as it is', async () => {
    const inputs: unknown[] = []
    const { browser } = setStage({ signedInAs: 'cathy' })
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

describe('a 401', () => {
  it('is answered with one refresh and one more try', async () => {
    const { client, browser, bff } = await signedIn(gate)
    bff.revokeTokens()
    expect((await client.fetch('/api/items')).status).toBe(200)
    expect(browser.requests).toEqual([
      'GET /auth/session',
      'GET /api/items',
      'POST /auth/token',
      'GET /api/items',
    ])
  })

  it("55 with the new token too is the caller's: no loop", async () => {
    const { client, browser } = await signedIn(() => new Response(null, { status: 401 }))
    expect((await client.fetch('/api/items')).status).toBe(401)
    expect(browser.requests.filter((line) => line.includes('/api'))).toHaveLength(2)
    expect(browser.requests.filter((line) => line.includes('/token'))).toHaveLength(1)
  })

  it('of 200 requests at once is one refresh, and no caller fails', async () => {
    const { client, bff } = await signedIn(gate)
    bff.revokeTokens()
    const responses = await Promise.all(Array.from({ length: 200 }, () => client.fetch('/api/items')))
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]))
    expect(bff.grantCount()).toBe(1)
  })

  it("56 that arrives after another request's refresh retries with the token that is there already", async () => {
    const stage = await signedIn(async (request, accepted) => {
      if (request.url.endsWith('late') && !accepted) await stage.browser.wait(150)
      return gate(request, accepted)
    })
    const { client, bff, browser } = stage
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
    [undefined, 1],
  ])('57 with the challenge %s makes %i refreshes', async (challenge, refreshes) => {
    const { client, bff } = await signedIn(
      () => new Response(null, { status: 401, headers: challenge ? { 'www-authenticate': challenge } : {} }),
    )
    expect((await client.fetch('/api/items')).status).toBe(401)
    expect(bff.grantCount()).toBe(refreshes)
  })

  it('is no reason to refresh when it is a 403', async () => {
    const { client, bff } = await signedIn(() => new Response(null, { status: 403 }))
    expect((await client.fetch('/api/items')).status).toBe(403)
    expect(bff.grantCount()).toBe(0)
  })

  it.each([
    ['text', () => 'body'],
    ['a form', () => new URLSearchParams({ a: 'body' })],
    ['a blob', () => new Blob(['body'])],
    ['bytes', () => new TextEncoder().encode('body')],
  ])('sends %s a second time', async (_, body) => {
    const bodies: string[] = []
    const { client, bff } = await signedIn(async (request, accepted) => {
      bodies.push(await request.text())
      return gate(request, accepted)
    })
    bff.revokeTokens()
    expect((await client.fetch('/api/items', { method: 'POST', body: body() })).status).toBe(200)
    expect(bodies).toHaveLength(2)
    expect(bodies[1]).toBe(bodies[0])
    expect(bodies[0]).toContain('body')
  })

  it('sends form data with a file a second time', async () => {
    const names: string[] = []
    const { client, bff } = await signedIn(async (request, accepted) => {
      const file = (await request.formData()).get('file')
      names.push(file instanceof File ? `${file.name}: ${await file.text()}` : 'none')
      return gate(request, accepted)
    })
    bff.revokeTokens()
    const body = new FormData()
    body.set('file', new File(['body'], 'notes.txt'))
    expect((await client.fetch('/api/items', { method: 'POST', body })).status).toBe(200)
    expect(names).toEqual(['notes.txt: body', 'notes.txt: body'])
  })

  it('60 sends the body of a Request a second time', async () => {
    const bodies: string[] = []
    const { client, bff } = await signedIn(async (request, accepted) => {
      bodies.push(await request.text())
      return gate(request, accepted)
    })
    bff.revokeTokens()
    const request = new Request('https://app.test/api/items', { method: 'POST', body: 'body' })
    expect((await client.fetch(request)).status).toBe(200)
    expect(bodies).toEqual(['body', 'body'])
  })

  it("60 of a request whose body was a stream is the caller's, and the next request has a new token", async () => {
    const { client, bff } = await signedIn(async (request, accepted) => {
      await request.text()
      return gate(request, accepted)
    })
    bff.revokeTokens()
    const body = new Blob(['body']).stream()
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit
    expect((await client.fetch('/api/items', init)).status).toBe(401)
    expect((await client.fetch('/api/items')).status).toBe(200)
    expect(bff.grantCount()).toBe(1)
  })

  it('whose refresh fails for a moment rejects with why, and signs nobody out', async () => {
    const { client, bff } = await signedIn(gate)
    bff.revokeTokens()
    bff.intercept(() => new Response('<html>', { status: 503 }))
    await expect(client.fetch('/api/items')).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      retryable: true,
    })
    expect(client.getState().status).toBe('signed-in')
  })

  it('whose refresh is refused for good rejects with login_required and expires the page', async () => {
    const { client, bff } = await signedIn(gate)
    bff.endSessions('refresh_rejected')
    await expect(client.fetch('/api/items')).rejects.toMatchObject({
      code: 'login_required',
      reason: 'refresh_rejected',
    })
    expect(client.getState().status).toBe('expired')
  })

  it("is the caller's when the BFF holds the token to be good: it was issued a moment ago", async () => {
    const { client, bff, browser } = await signedIn(() => new Response('first', { status: 401 }))
    const present = {
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
    bff.intercept((request) => (request.url.endsWith('/token') ? Response.json(present) : undefined))
    const response = await client.fetch('/api/items')
    expect(await response.text()).toBe('first')
    expect(browser.requests.filter((line) => line.includes('/api'))).toHaveLength(1)
  })
})

describe('giving up', () => {
  it('60 rejects the caller who gave up, and not the others who wait for the same refresh', async () => {
    const { client, bff, browser } = await signedIn(gate)
    await browser.sleep(2 * 3_600_000)
    bff.intercept((request) =>
      request.url.endsWith('/token') ? browser.wait(500).then(() => undefined as never) : undefined,
    )
    const impatient = new AbortController()
    const first = client.fetch('/api/items', { signal: impatient.signal }).catch((error: unknown) => error)
    const second = client.fetch('/api/items')
    const third = client.getAccessToken({ signal: impatient.signal }).catch((error: unknown) => error)
    impatient.abort(new Error('I go'))
    expect(await first).toMatchObject({ message: 'I go' })
    expect(await third).toMatchObject({ message: 'I go' })
    await browser.advance(500)
    expect((await second).status).toBe(200)
    expect(bff.grantCount()).toBe(1)
  })

  it('60 reaches a request that is under way', async () => {
    const { client } = await signedIn(() => new Promise<never>(() => {}))
    const impatient = new AbortController()
    const request = client.fetch('/api/items', { signal: impatient.signal }).catch((error: unknown) => error)
    impatient.abort()
    expect(await request).toMatchObject({ name: 'AbortError' })
  })

  it('60 before the start asks nobody', async () => {
    const { client, browser } = await signedIn(gate)
    const before = browser.requests.length
    await expect(client.fetch('/api/items', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    })
    expect(browser.requests.length).toBe(before)
  })
})

describe('without a session', () => {
  it('61 refuses without asking anybody', async () => {
    const { openPage, browser } = setStage()
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
  it('of a valid token asks nobody, sets no timer and waits for nothing but a turn', async () => {
    const { client, browser } = await signedIn(gate)
    const [requests, timers] = [browser.requests.length, browser.timerCount()]
    for (let call = 0; call < 1000; call += 1) await client.getAccessToken()
    expect([browser.requests.length, browser.timerCount()]).toEqual([requests, timers])
  })

  it('with forceRefresh during a refresh shares it: one grant, and the new token for both', async () => {
    const { client, bff, browser } = await signedIn(gate)
    await browser.sleep(2 * 3_600_000)
    bff.intercept(({ method }) =>
      method === 'POST' ? browser.wait(500).then(() => undefined as never) : undefined,
    )
    const silent = client.getAccessToken()
    await browser.advance(100)
    const forced = client.getAccessToken({ forceRefresh: true })
    await browser.advance(1_000)
    expect(await Promise.all([silent, forced])).toEqual(['session-1.token-2', 'session-1.token-2'])
    expect(bff.grantCount()).toBe(1)
  })

  it('with forceRefresh gets a newer token than the present one, once for all who ask at once', async () => {
    const { client, bff } = await signedIn(gate)
    const tokens = await Promise.all(
      Array.from({ length: 20 }, () => client.getAccessToken({ forceRefresh: true })),
    )
    expect(new Set(tokens)).toEqual(new Set(['session-1.token-2']))
    expect(bff.grantCount()).toBe(1)
  })
})

describe('a resource server that says in its own way what is wrong with a token', () => {
  const rejectsToken = async (answer: Response): Promise<boolean> =>
    answer.status === 401 && ((await answer.clone().json()) as { errorCode: number }).errorCode === 2

  it.each([
    ['has another token asked for when it has expired', 2, 1],
    ['has none asked for when it is something else', 1, 0],
  ])('%s', async (_, errorCode, refreshes) => {
    const { client, bff } = await signedIn(
      (_request, accepted) => Response.json({ errorCode }, { status: accepted && refreshes ? 200 : 401 }),
      { rejectsToken },
    )
    bff.revokeTokens()
    const answer = await client.fetch('/api')
    expect(answer.status).toBe(refreshes ? 200 : 401)
    expect(await answer.json()).toEqual({ errorCode })
    expect(bff.grantCount()).toBe(refreshes)
  })
})
