import { describe, expect, it } from 'vitest'
import { memoryStore } from '../src/index.ts'
import { axosoft, oauth2 } from '../src/providers/index.ts'
import { createBrowser, createTestBff, credentials, flushPromises } from './support/browser.ts'
import type { Reply } from './support/token-endpoint.ts'
import {
  failWithCode,
  grantsOf,
  hangUntilReleased,
  json,
  raw,
  revokedAt,
  rotating,
} from './support/token-endpoint.ts'

const tokenResponse = { access_token: 'a', token_type: 'bearer', expires_in: 900 }

it('signs in, restores, refreshes and signs out', async () => {
  const { signIn, restore, token, signOut, endpoint, clock, bff } = createTestBff(rotating())
  const first = await signIn()
  expect(first).toMatchObject({
    status: 200,
    body: {
      session: { user: { username: 'cathy' }, scope: ['read'], expires_in: 43_200 },
      token: { access_token: 'access-1', token_type: 'Bearer', expires_in: 900, sequence: 1 },
    },
  })
  expect((await restore()).body.session?.session_id).toBe(first.body.session?.session_id)
  await clock.pass(860)
  expect((await restore()).body.token).toMatchObject({
    access_token: 'access-2',
    sequence: 2,
    expires_in: 900,
  })
  await clock.pass(300)
  expect((await token(2)).body.token).toMatchObject({ access_token: 'access-3', sequence: 3 })
  expect((await signOut()).status).toBe(204)
  expect((await restore()).body).toMatchObject({ session: null })
  await bff.close()
  expect(revokedAt(endpoint)).toEqual(['refresh-3'])
})

describe('a wrong password', () => {
  const replies = {
    '400 invalid_grant': json(
      { error: 'invalid_grant', error_description: 'Invalid username or password' },
      400,
    ),
    '401 with a challenge': json({ error: 'invalid_grant' }, 401, { 'WWW-Authenticate': 'Basic realm="x"' }),
    '401 with an empty body': raw('', 401),
    '403 with an empty body': raw('', 403),
    '403 with HTML': raw('<h1>No</h1>', 403, { 'Content-Type': 'text/html' }),
    '200 with an error': json({ error: 'invalid_grant' }),
    '400 with a text in error': json({ error: 'Invalid user credentials' }, 400),
    '400 with an object in error': json({ error: { username: ['is locked'] } }, 400),
    '400 labelled text/plain': raw('{"error":"invalid_grant"}', 400, { 'Content-Type': 'text/plain' }),
  }

  it.each(Object.entries(replies))(
    'gets the same response when the token endpoint responds with %s',
    async (_, reply) => {
      const { signIn, restore, log } = createTestBff(reply)
      const response = await signIn()
      expect(response.status).toBe(401)
      expect(response.body).toEqual({
        error: 'invalid_credentials',
        error_description: 'The credentials are wrong',
      })
      expect(response.headers.get('WWW-Authenticate')).toBe('Latchkey')
      expect(response.headers.get('Set-Cookie')).toBeNull()
      expect((await restore()).body).toMatchObject({ session: null })
      expect(log).toHaveLength(1)
    },
  )

  it('does not end the session of the browser', async () => {
    const { signIn, restore, endpoint } = createTestBff(rotating())
    const { body } = await signIn()
    endpoint.script(json({ error: 'invalid_grant' }, 400))
    expect((await signIn()).status).toBe(401)
    expect((await restore()).body.session?.session_id).toBe(body.session?.session_id)
  })
})

describe('a sign-in that the token endpoint fails', () => {
  it.each([
    ['a client that is rejected with 400', json({ error: 'invalid_client' }, 400)],
    [
      'a client that is rejected with 401',
      json({ error: 'invalid_client' }, 401, { 'WWW-Authenticate': 'Basic' }),
    ],
    ['a grant that the client may not use', json({ error: 'unauthorized_client' }, 400)],
    ['an unknown scope', json({ error: 'invalid_scope' }, 400)],
    ['an undescribed second factor', json({ error: 'mfa_required', mfa_token: 'x' }, 403)],
    ['a redirect', raw('', 302, { Location: 'https://evil.example/' })],
    ['an unknown path', raw('Not found', 404)],
    ['JSON without a token', json({ hello: 'world' })],
    ['a token without a type', json({ access_token: 'a' })],
    ['a token of another type', json({ ...tokenResponse, token_type: 'mac' })],
    ['a token with a line break', json({ ...tokenResponse, access_token: 'a\r\nb' })],
  ])('gets server_error because of %s, with a hint in the log', async (_, reply) => {
    const { signIn, log } = createTestBff(reply)
    const response = await signIn()
    expect(response).toMatchObject({ status: 502, body: { error: 'server_error' } })
    expect(response.headers.get('WWW-Authenticate')).toBeNull()
    expect(log.at(-1)).toContain('configuration')
  })

  it.each([
    ['500', raw('<h1>Oops</h1>', 500), 503, 'temporarily_unavailable', 5],
    ['503 with Retry-After', raw('', 503, { 'Retry-After': '30' }), 503, 'temporarily_unavailable', 30],
    ['429 with Retry-After', json({}, 429, { 'Retry-After': '17' }), 429, 'rate_limited', 17],
    ['a page of HTML', raw('<h1>Wi-Fi</h1>', 200), 503, 'temporarily_unavailable', 5],
    ['truncated JSON', raw('{"access_', 200), 503, 'temporarily_unavailable', 5],
    ['an array', json([]), 503, 'temporarily_unavailable', 5],
    ['an empty body', raw('', 200), 503, 'temporarily_unavailable', 5],
    [
      'an endless body',
      raw(`{"access_token":"${'a'.repeat(70_000)}`, 200),
      503,
      'temporarily_unavailable',
      5,
    ],
    ['a refused connection', failWithCode('ECONNREFUSED'), 503, 'temporarily_unavailable', 5],
    ['a broken connection', failWithCode('UND_ERR_SOCKET'), 503, 'temporarily_unavailable', 5],
  ])('can be repeated after %s', async (_, reply, status, error, wait) => {
    const { signIn, endpoint } = createTestBff(reply)
    const response = await signIn()
    expect(response).toMatchObject({ status, body: { error, retry_after: wait } })
    expect(response.headers.get('Retry-After')).toBe(String(wait))
    expect(grantsOf(endpoint, 'password')).toHaveLength(1)
  })
})

describe('a user object', () => {
  const base = oauth2({
    tokenEndpoint: 'https://as.example.com/token',
    revocationEndpoint: 'https://as.example.com/revoke',
    clientId: 'portal',
  })
  const provider = { ...base, response: { ...base.response, user: '/profile' } }
  const describeUser =
    (...profiles: object[]): Reply =>
    ({ url }) =>
      url.pathname === '/revoke'
        ? new Response(null)
        : Response.json({ ...tokenResponse, refresh_token: 'refresh-1', profile: profiles.shift() })
  const signInWith = async (text: string, ...later: object[]) => {
    const setup = createTestBff(describeUser({ name: 'Cathy', text }, ...later), { provider })
    const response = await setup.signIn()
    return { ...setup, response }
  }
  /** The bytes of a user without a text. */
  const emptyBytes = JSON.stringify({ name: 'Cathy', text: '' }).length

  it('can have 32 kB', async () => {
    const { response } = await signInWith('é'.repeat((32_768 - emptyBytes) / 2))
    expect(response.status).toBe(200)
  })

  it('of more bytes gets server_error; the log names the options that help, and the tokens are revoked', async () => {
    const text = 'é'.repeat((32_768 - emptyBytes) / 2 + 1)
    const { response, endpoint, log, jar, bff } = await signInWith(text)
    await bff.close()
    expect(response).toMatchObject({ status: 502, body: { error: 'server_error' } })
    expect(log.at(-1)).toMatch(/the user has 3277\d bytes, .+ response\.user and response\.extraUserFields/)
    expect(log.at(-1)).not.toContain('é')
    expect(revokedAt(endpoint)).toEqual(['refresh-1'])
    expect(jar.size).toBe(0)
  })

  it('does not grow beyond that by refreshes, and the log says so', async () => {
    const changes = [{ name: 'Cathy B.' }, { more: 'x'.repeat(32_768) }]
    const { clock, restore, log } = await signInWith('short', ...changes)
    await clock.pass(860)
    expect((await restore()).body.session?.user).toEqual({ name: 'Cathy B.', text: 'short' })
    await clock.pass(860)
    const { session, token } = (await restore()).body
    expect([session?.user, token?.sequence]).toEqual([{ name: 'Cathy B.', text: 'short' }, 3])
    expect(log.at(-1)).toMatch(
      /^Refresh kept the previous user: the new one has 328\d\d bytes, .+ response\.user and/,
    )
    expect(log.at(-1)).not.toContain('xx')
  })
})

describe('a token response that deviates from RFC 6749', () => {
  it.each([
    ['201', json(tokenResponse, 201)],
    ['202', json(tokenResponse, 202)],
    ['text/plain', raw(JSON.stringify(tokenResponse), 200, { 'Content-Type': 'text/plain' })],
    ['a byte order mark', raw(`\u{feff}${JSON.stringify(tokenResponse)}`)],
    ['seconds as text', json({ ...tokenResponse, expires_in: ' 900 ' })],
    ['a null scope', json({ ...tokenResponse, scope: null })],
    ['an array scope', json({ ...tokenResponse, scope: ['read'] })],
    ['a null refresh token', json({ ...tokenResponse, refresh_token: null, id_token: null })],
    [
      'an unknown member',
      raw('{"access_token":"a","token_type":"BEARER","expires_in":900,"__proto__":{"x":1}}'),
    ],
  ])('is accepted with %s', async (_, reply) => {
    const { signIn } = createTestBff(reply)
    expect((await signIn()).body).toMatchObject({
      session: { scope: ['read'] },
      token: { access_token: 'a', token_type: 'Bearer', expires_in: 900 },
    })
  })

  it.each([
    [undefined, null],
    [null, null],
    ['', null],
    ['1h', null],
    ['2030-01-01T00:00:00Z', null],
    [-1, null],
    [1.9, 1],
    ['3599', 3599],
    [1e15, 31_622_400],
  ])('with expires_in %s has a lifetime of %s s', async (expires_in, seconds) => {
    const { signIn } = createTestBff(json({ ...tokenResponse, expires_in }))
    expect((await signIn()).body.token?.expires_in).toBe(seconds)
  })

  it('may contain a token of 16 kB', async () => {
    const access_token = 'a'.repeat(16_384)
    expect((await createTestBff(json({ ...tokenResponse, access_token })).signIn()).body.token).toMatchObject(
      {
        access_token,
      },
    )
  })
})

describe('the request of a sign-in', () => {
  it.each([
    ['no username', { credentials: { password: 'p' } }],
    ['an empty username', { credentials: { username: '', password: 'p' } }],
    ['an empty password', { credentials: { username: 'cathy', password: '' } }],
    ['a line break', { credentials: { username: 'cathy', password: 'a\nb' } }],
    ['a lone surrogate', { credentials: { username: 'cathy', password: 'a\u{d83d}' } }],
    ['an unknown credential', { credentials: { ...credentials, client_id: 'other' } }],
    ['an unknown member', { credentials, grant_type: 'client_credentials' }],
    ['a scope that is not allowed', { credentials, scope: ['admin'] }],
    ['invalid JSON', '{"credentials"'],
    ['an array', '[]'],
    ['an empty body', ''],
  ])('is rejected with %s, and nothing reaches the token endpoint', async (_, body) => {
    const { sendRequest, endpoint } = createTestBff(json(tokenResponse))
    expect(await sendRequest('POST', '/session', body)).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    })
    expect(endpoint.requests).toEqual([])
  })

  it('is rejected with credentials in the query, as a form, or when it is too long', async () => {
    const { sendRequest, endpoint } = createTestBff(json(tokenResponse))
    const inQuery = await sendRequest('POST', '/session?username=cathy&password=canary', { credentials })
    expect(inQuery.status).toBe(400)
    expect(inQuery.text).not.toContain('canary')
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
    expect((await sendRequest('POST', '/session', 'username=cathy&password=p', form)).status).toBe(400)
    const long = { credentials: { ...credentials, password: 'p'.repeat(20_000) } }
    expect(await sendRequest('POST', '/session', long)).toMatchObject({
      status: 413,
      body: { error: 'invalid_request' },
    })
    expect(endpoint.requests).toEqual([])
  })

  it.each(['p+&=% é 😀 "\\', '  spaces around  ', '\t', 'e\u{301}', 'x'.repeat(1024)])(
    'reaches the token endpoint byte for byte: %j',
    async (password) => {
      const { sendRequest, endpoint } = createTestBff(json(tokenResponse))
      await sendRequest('POST', '/session', { credentials: { username: 'cathy@example.com', password } })
      expect([...(endpoint.requests[0]?.parameters ?? [])]).toEqual([
        ['grant_type', 'password'],
        ['username', 'cathy@example.com'],
        ['password', password],
        ['scope', 'read'],
      ])
    },
  )

  it('may request any allowed scope', async () => {
    const { signIn, endpoint } = createTestBff(json(tokenResponse))
    expect((await signIn({ scope: ['write', 'read', 'read'] })).body.session?.scope).toEqual([
      'write',
      'read',
    ])
    expect(endpoint.requests[0]?.parameters.get('scope')).toBe('write read')
  })
})

describe('a new session', () => {
  it('has a new id and cookie; the previous session ends and its token is revoked', async () => {
    const { signIn, endpoint, jar, bff } = createTestBff(rotating())
    const first = await signIn()
    const [firstCookie = ''] = jar.values()
    const second = await signIn()
    await bff.close()
    expect(second.body.session?.session_id).not.toBe(first.body.session?.session_id)
    expect([...jar.values()]).not.toContain(firstCookie)
    const oldBrowser = createBrowser(bff)
    oldBrowser.jar.set('__Host-Http-latchkey', firstCookie)
    expect((await oldBrowser.restore()).body).toMatchObject({ session: null })
    expect(revokedAt(endpoint)).toEqual(['refresh-1'])
  })

  it('does not use a cookie that an attacker planted', async () => {
    const { signIn, jar } = createTestBff(json(tokenResponse))
    const planted = Buffer.alloc(48, 7).toString('base64url')
    jar.set('__Host-Http-latchkey', planted)
    expect((await signIn()).status).toBe(200)
    expect([...jar.values()]).not.toContain(planted)
  })

  it('has a subject that is the same for the same user only, and opaque', async () => {
    const { signIn, openBrowser } = createTestBff(json(tokenResponse))
    const subject = (await signIn()).body.session?.subject
    expect((await openBrowser().signIn()).body.session?.subject).toBe(subject)
    const otherUser = await openBrowser().signIn({ credentials: { ...credentials, username: 'dora' } })
    expect(otherUser.body.session?.subject).not.toBe(subject)
    expect(subject).toMatch(/^[\w-]{43}$/)
  })

  it.each(['CATHY', ' Cathy ', 'ｃａｔｈｙ'])(
    'has the same subject when the username is typed as %j and the response has no id',
    async (username) => {
      const { signIn, openBrowser } = createTestBff(json(tokenResponse))
      const subject = (await signIn()).body.session?.subject
      const { body } = await openBrowser().signIn({ credentials: { ...credentials, username } })
      expect(body.session?.subject).toBe(subject)
    },
  )

  it('has a subject of its own for a username with an accent', async () => {
    const { signIn, openBrowser } = createTestBff(json(tokenResponse))
    const subject = (await signIn()).body.session?.subject
    const { body } = await openBrowser().signIn({ credentials: { ...credentials, username: 'cáthy' } })
    expect(body.session?.subject).not.toBe(subject)
  })

  it('has the user that the provider describes, and a subject derived from the user’s id', async () => {
    const data = { id: 7, first_name: 'Cathy', last_name: "O'Reilly (Dev)", email: 'c@x' }
    const provider = axosoft({ site: 'https://acct.axosoft.com', clientId: 'c', clientSecret: 's' })
    const { signIn, openBrowser } = createTestBff(json({ access_token: 'a', token_type: 'bearer', data }), {
      provider,
    })
    const { body } = await signIn()
    expect(body).toMatchObject({ session: { user: data, scope: ['read'] }, token: { expires_in: 2_592_000 } })
    const sameUser = await openBrowser().signIn({ credentials: { ...credentials, username: 'CATHY' } })
    expect(sameUser.body.session?.subject).toBe(body.session?.subject)
  })

  it('is not saved when the browser aborts before the response; its token is revoked', async () => {
    const store = memoryStore()
    let insertCount = 0
    const insert: typeof store.insert = (...args) => ((insertCount += 1), store.insert(...args))
    const { bff, endpoint } = createTestBff(rotating(), { store: { ...store, insert }, throttle: false })
    const slow = hangUntilReleased(rotating())
    endpoint.script(slow.reply)
    const page = new AbortController()
    const response = bff.fetch(
      new Request('https://portal.example.com/auth/session', {
        method: 'POST',
        signal: page.signal,
        headers: { 'X-Latchkey': '1', 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'application/json' },
        body: JSON.stringify({ credentials }),
      }),
    )
    await flushPromises()
    page.abort()
    slow.release()
    expect((await response).headers.get('Set-Cookie')).toBeNull()
    await bff.close()
    expect(insertCount).toBe(0)
    expect(revokedAt(endpoint)).toEqual(['refresh-1'])
  })
})

describe('a second sign-in of a browser', () => {
  const tokens = { ...tokenResponse, access_token: 'a', refresh_token: 'r' }

  it.each([
    ['revokes the tokens of the previous session', { access_token: 'b', refresh_token: 's' }, ['r']],
    ['revokes nothing when the server issues the same tokens', {}, []],
    ['revokes nothing when the server issues the same refresh token', { access_token: 'b' }, []],
  ])('%s', async (_, changes, revoked) => {
    const { signIn, bff, endpoint } = createTestBff(json(tokens))
    await signIn()
    endpoint.script(json({ ...tokens, ...changes }))
    await signIn()
    await bff.close()
    expect(revokedAt(endpoint)).toEqual(revoked)
  })
})
