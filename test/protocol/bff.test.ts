import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import type { BrowserResponse } from '../../packages/bff/test/support/browser.ts'
import {
  createBrowser,
  createClock,
  createTestBff,
  credentials,
  page,
} from '../../packages/bff/test/support/browser.ts'
import {
  failWithCode,
  grantsOf,
  json,
  raw,
  rotating,
} from '../../packages/bff/test/support/token-endpoint.ts'
import { cookieName, createRecordingStore, createRecordingBff, tokenResponse, invalidGrant } from './setup.ts'

it('62 sets no-store on all responses, even if the authorization server allows caching', async () => {
  const cacheable = {
    'Cache-Control': 'public, max-age=3600',
    Expires: 'Thu, 01 Jan 2099 00:00:00 GMT',
    ETag: '"1"',
  }
  const { signIn, restore, token, signOut, endpoint, clock } = createTestBff(
    json({ ...tokenResponse, refresh_token: 'r' }, 200, cacheable),
  )
  const responses = [await signIn(), await restore()]
  await clock.pass(901)
  responses.push(await token(1))
  endpoint.script(raw('', 400, cacheable))
  responses.push(await signIn(), await signOut(), await restore(), await token(1))
  expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 401, 204, 200, 401])
  for (const { headers } of responses) {
    expect(headers.get('Cache-Control')).toBe('no-store')
    expect([headers.get('Expires'), headers.get('ETag')]).toEqual([null, null])
  }
})

it.each(['https://evil.example', 'null', page])(
  '66 sends no CORS header to a request from %s',
  async (origin) => {
    const { sendRequest, signIn } = createTestBff(rotating())
    await signIn()
    const preflight = {
      Origin: origin,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'x-latchkey',
    }
    for (const response of [
      await sendRequest('OPTIONS', '/session', undefined, preflight),
      await sendRequest('OPTIONS', '/token', undefined, { ...preflight, 'X-Latchkey': '' }),
      await sendRequest('GET', '/session', undefined, { Origin: origin }),
      await sendRequest('POST', '/session', { credentials }, { Origin: origin }),
    ])
      expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  },
)

it('67 sets a new cookie and a new session_id at each sign-in, and accepts no earlier cookie', async () => {
  const { signIn, signOut, restore, jar, bff } = createTestBff(rotating())
  jar.set(cookieName, Buffer.alloc(48, 7).toString('base64url'))
  const cookiesSeen = [jar.get(cookieName)]
  const sessionIds: (string | undefined)[] = []
  for (let times = 0; times < 3; times += 1) {
    sessionIds.push((await signIn()).body.session?.session_id)
    cookiesSeen.push(jar.get(cookieName))
  }
  await signOut()
  expect(jar.has(cookieName)).toBe(false)
  sessionIds.push((await signIn()).body.session?.session_id)
  cookiesSeen.push(jar.get(cookieName))
  expect(new Set(cookiesSeen).size).toBe(5)
  expect(new Set(sessionIds).size).toBe(4)
  await bff.close()
  for (const old of cookiesSeen.slice(0, -1)) {
    const attacker = createBrowser(bff)
    attacker.jar.set(cookieName, old ?? '')
    expect((await attacker.restore()).body).toMatchObject({ session: null })
  }
  expect((await restore()).body.session).not.toBeNull()
})

it.each([
  ['one account', (attempt: number) => ({ username: 'cathy', address: `203.0.113.${attempt}` })],
  ['one address', (attempt: number) => ({ username: `user-${attempt}`, address: '203.0.113.1' })],
  ['one account from one address', () => ({ username: 'cathy', address: '203.0.113.1' })],
])(
  '68 responds with 429 and Retry-After after too many failed sign-ins for %s, without a token request',
  async (_, createAttempt) => {
    const { sendRequest, endpoint, clock } = createTestBff(invalidGrant, { trustProxy: 1 })
    const failSignIn = (attempt: number): Promise<BrowserResponse> => {
      const { username, address } = createAttempt(attempt)
      return sendRequest(
        'POST',
        '/session',
        { credentials: { username, password: 'x' } },
        { 'X-Forwarded-For': address },
      )
    }
    const responses: BrowserResponse[] = []
    for (let attempt = 0; attempt < 50; attempt += 1) responses.push(await failSignIn(attempt))
    const rejected = responses.filter(({ status }) => status === 401)
    expect(rejected.length).toBeLessThanOrEqual(30)
    for (const { status, body, headers } of responses.slice(rejected.length)) {
      expect([status, body.error]).toEqual([429, 'rate_limited'])
      expect(headers.get('Retry-After')).toMatch(/^[1-9]\d?$/)
      expect(headers.get('Retry-After')).toBe(String(body.retry_after))
    }
    expect(endpoint.requests).toHaveLength(rejected.length)
    await clock.pass(Number(responses.at(-1)?.headers.get('Retry-After')))
    expect((await failSignIn(49)).status).toBe(401)
  },
)

const password = 'canary-of-the-password'

it.each([
  ['the sign-in succeeds', json({ ...tokenResponse, refresh_token: 'r' })],
  ['the password is wrong', invalidGrant],
  [
    'the server repeats it in an error',
    ({ parameters }: { parameters: URLSearchParams }) =>
      Response.json(
        { error: parameters.get('password'), error_description: `${parameters}` },
        { status: 400 },
      ),
  ],
  [
    'the server repeats it in a 500',
    ({ parameters }: { parameters: URLSearchParams }) => new Response(`${parameters}`, { status: 500 }),
  ],
  ['the connection breaks', failWithCode('ECONNRESET')],
  [
    'fetch throws an error that contains it',
    ({ parameters }: { parameters: URLSearchParams }) => {
      throw new TypeError(`Failed with ${parameters}`, { cause: new Error(`${parameters}`) })
    },
  ],
])('69 does not log, store or return the password when %s', async (_, reply) => {
  const clock = createClock()
  const store = createRecordingStore(clock.now)
  const { sendRequest, restore, token, sentRequests, log, jar, signOut, bff } = createRecordingBff(
    reply,
    { store },
    clock,
  )
  const responses: BrowserResponse[] = [
    await sendRequest('POST', '/session', { credentials: { username: 'cathy', password } }),
  ]
  const [cookie = ''] = jar.values()
  await clock.pass(901)
  responses.push(await restore(), await token(1))
  responses.push(
    await sendRequest('POST', '/session', { credentials: { username: 'cathy', password, otp: password } }),
  )
  responses.push(await signOut())
  await bff.close()
  const headers = responses.flatMap((response) => [...response.headers])
  const stored = [store.describeWrites(cookie), Buffer.from(cookie, 'base64url').toString('latin1')]
  const urls = sentRequests.map(({ request }) => request.url)
  const outputs = inspect([log, stored, responses, headers, urls], { depth: 9, maxStringLength: null })
  expect(outputs).not.toContain(password)
  // One request contained it: the token request of the first sign-in.
  expect(sentRequests.filter(({ body }) => body.includes(password))).toHaveLength(1)
})

it.each(['GET', 'PUT', 'PATCH', 'DELETE'])('70 does not sign in with %s', async (method) => {
  const { sendRequest, restore, endpoint } = createTestBff(json(tokenResponse))
  const query = new URLSearchParams({ ...credentials, password }).toString()
  for (const path of [`/session?${query}`, '/session']) {
    const response = await sendRequest(method, path, method === 'GET' ? undefined : { credentials })
    expect(response.text + JSON.stringify([...response.headers])).not.toContain('canary')
    expect((await restore()).body).toMatchObject({ session: null })
  }
  expect(endpoint.requests).toEqual([])
})

it('70 rejects credentials in the query without repeating or logging them', async () => {
  const { sendRequest, endpoint, log } = createTestBff(json(tokenResponse))
  const query = new URLSearchParams({ username: 'cathy', password }).toString()
  for (const body of [undefined, { credentials }]) {
    const response = await sendRequest('POST', `/session?${query}`, body)
    expect(response).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
    expect(response.text + log.join('\n')).not.toContain('canary')
  }
  expect(endpoint.requests).toEqual([])
})

it('72 rejects a scope that the description does not allow', async () => {
  const { signIn, endpoint } = createTestBff(json(tokenResponse))
  for (const scope of [['admin'], ['read', 'admin'], ['read write'], ['*']])
    expect((await signIn({ scope })).body.error).toBe('invalid_request')
  expect(endpoint.requests).toEqual([])
  expect((await signIn({ scope: ['write'] })).body.session?.scope).toEqual(['write'])
})

it('72 gets a new token for a smaller scope instead of reusing the wider one', async () => {
  const server = rotating()
  const { signIn, restore, token, openBrowser, endpoint } = createTestBff(server)
  const wideSignIn = await signIn({ scope: ['read', 'write'] })
  const narrowSignIn = await signIn({ scope: ['read'] })
  expect(grantsOf(endpoint, 'password').map(({ parameters }) => parameters.get('scope'))).toEqual([
    'read write',
    'read',
  ])
  expect(narrowSignIn.body.session?.scope).toEqual(['read'])
  for (const { body } of [
    narrowSignIn,
    await restore(),
    await token(0),
    await openBrowser().signIn({ scope: ['read'] }),
  ])
    expect(body.token?.access_token).not.toBe(wideSignIn.body.token?.access_token)
})

it('73 responds to a request without a cookie with 200 and a null session', async () => {
  const { restore, endpoint } = createTestBff(json(tokenResponse))
  const response = await restore()
  expect(response).toMatchObject({ status: 200, body: { session: null } })
  expect(response.headers.get('Set-Cookie')).toBeNull()
  expect(endpoint.requests).toEqual([])
})

it('75 sends no Basic challenge, even if the authorization server does', async () => {
  const challenge = { 'WWW-Authenticate': 'Basic realm="as"' }
  const rejections = [
    json({ error: 'invalid_grant' }, 401, challenge),
    json({ error: 'invalid_client' }, 401, challenge),
    raw('', 401, challenge),
    raw('<h1>No</h1>', 403, challenge),
  ]
  const responses: BrowserResponse[] = []
  for (const reply of rejections) {
    const { signIn, token, restore, signOut, endpoint, clock } = createTestBff(rotating())
    responses.push(await token(0, 'x'))
    await signIn()
    endpoint.script(reply)
    await clock.pass(901)
    responses.push(await token(1), await signIn(), await restore(), await signOut(), await token(1))
  }
  expect(responses.filter(({ status }) => status === 401).length).toBeGreaterThan(8)
  for (const { status, headers } of responses)
    expect(headers.get('WWW-Authenticate')).toBe(status === 401 ? 'Latchkey' : null)
})
