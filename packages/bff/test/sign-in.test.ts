import { describe, expect, it } from 'vitest'
import { memoryStore } from '../src/index.ts'
import { axosoft } from '../src/providers/index.ts'
import { createBrowser, createTestBff, credentials, flushPromises } from './support/browser.ts'
import {
  failWithCode,
  grantsOf,
  hangUntilReleased,
  json,
  raw,
  revokedAt,
  rotating,
} from './support/token-endpoint.ts'

const good = { access_token: 'a', token_type: 'bearer', expires_in: 900 }

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
  const shapes = {
    '400 invalid_grant': json(
      { error: 'invalid_grant', error_description: 'Invalid username or password' },
      400,
    ),
    '401 with a challenge': json({ error: 'invalid_grant' }, 401, { 'WWW-Authenticate': 'Basic realm="x"' }),
    '401 with nothing': raw('', 401),
    '403 with nothing': raw('', 403),
    '403 with HTML': raw('<h1>No</h1>', 403, { 'Content-Type': 'text/html' }),
    '200 with an error': json({ error: 'invalid_grant' }),
    '400 with the words of the server': json({ error: 'Invalid user credentials' }, 400),
    '400 with an object for an error': json({ error: { username: ['is locked'] } }, 400),
    '400 labelled text/plain': raw('{"error":"invalid_grant"}', 400, { 'Content-Type': 'text/plain' }),
  }

  it.each(Object.entries(shapes))('told as %s is one and the same answer', async (_, reply) => {
    const { signIn, restore, log } = createTestBff(reply)
    const answer = await signIn()
    expect(answer.status).toBe(401)
    expect(answer.body).toEqual({
      error: 'invalid_credentials',
      error_description: 'The username or the password is wrong',
    })
    expect(answer.headers.get('WWW-Authenticate')).toBe('Latchkey')
    expect(answer.headers.get('Set-Cookie')).toBeNull()
    expect((await restore()).body).toMatchObject({ session: null })
    expect(log).toHaveLength(1)
  })

  it('leaves the session alone that the browser has', async () => {
    const { signIn, restore, endpoint } = createTestBff(rotating())
    const { body } = await signIn()
    endpoint.script(json({ error: 'invalid_grant' }, 400))
    expect((await signIn()).status).toBe(401)
    expect((await restore()).body.session?.session_id).toBe(body.session?.session_id)
  })
})

describe('a sign-in that the user cannot mend', () => {
  it.each([
    ['a client that is refused with 400', json({ error: 'invalid_client' }, 400)],
    [
      'a client that is refused with 401',
      json({ error: 'invalid_client' }, 401, { 'WWW-Authenticate': 'Basic' }),
    ],
    ['a grant that is not allowed', json({ error: 'unauthorized_client' }, 400)],
    ['a scope that is not known', json({ error: 'invalid_scope' }, 400)],
    ['a second factor that is asked for', json({ error: 'mfa_required', mfa_token: 'x' }, 403)],
    ['a redirect', raw('', 302, { Location: 'https://evil.example/' })],
    ['a path that is not there', raw('Not found', 404)],
    ['JSON that is no token', json({ hello: 'world' })],
    ['a token without its type', json({ access_token: 'a' })],
    ['a token of another type', json({ ...good, token_type: 'mac' })],
    ['a token that fits in no header', json({ ...good, access_token: 'a\r\nb' })],
  ])('because of %s is a server_error, with a hint in the log', async (_, reply) => {
    const { signIn, log } = createTestBff(reply)
    const answer = await signIn()
    expect(answer).toMatchObject({ status: 502, body: { error: 'server_error' } })
    expect(answer.headers.get('WWW-Authenticate')).toBeNull()
    expect(log.at(-1)).toContain('configuration')
  })

  it.each([
    ['500', raw('<h1>Oops</h1>', 500), 503, 'temporarily_unavailable', 5],
    ['503 with Retry-After', raw('', 503, { 'Retry-After': '30' }), 503, 'temporarily_unavailable', 30],
    ['429 with Retry-After', json({}, 429, { 'Retry-After': '17' }), 429, 'rate_limited', 17],
    ['a page of HTML', raw('<h1>Wi-Fi</h1>', 200), 503, 'temporarily_unavailable', 5],
    ['half an answer', raw('{"access_', 200), 503, 'temporarily_unavailable', 5],
    ['an array', json([]), 503, 'temporarily_unavailable', 5],
    ['nothing', raw('', 200), 503, 'temporarily_unavailable', 5],
    [
      'an answer without end',
      raw(`{"access_token":"${'a'.repeat(70_000)}`, 200),
      503,
      'temporarily_unavailable',
      5,
    ],
    ['a refused connection', failWithCode('ECONNREFUSED'), 503, 'temporarily_unavailable', 5],
    ['a broken connection', failWithCode('UND_ERR_SOCKET'), 503, 'temporarily_unavailable', 5],
  ])('because of %s can be tried again', async (_, reply, status, error, wait) => {
    const { signIn, endpoint } = createTestBff(reply)
    const answer = await signIn()
    expect(answer).toMatchObject({ status, body: { error, retry_after: wait } })
    expect(answer.headers.get('Retry-After')).toBe(String(wait))
    expect(grantsOf(endpoint, 'password')).toHaveLength(1)
  })
})

describe('an answer that is not quite RFC 6749', () => {
  it.each([
    ['201', json(good, 201)],
    ['202', json(good, 202)],
    ['text/plain', raw(JSON.stringify(good), 200, { 'Content-Type': 'text/plain' })],
    ['a byte order mark', raw(`\u{feff}${JSON.stringify(good)}`)],
    ['seconds as text', json({ ...good, expires_in: ' 900 ' })],
    ['a null scope', json({ ...good, scope: null })],
    ['an array scope', json({ ...good, scope: ['read'] })],
    ['a null refresh token', json({ ...good, refresh_token: null, id_token: null })],
    [
      'an unknown member',
      raw('{"access_token":"a","token_type":"BEARER","expires_in":900,"__proto__":{"x":1}}'),
    ],
  ])('with %s is understood', async (_, reply) => {
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
  ])('with the lifetime %s is worth %s seconds', async (expires_in, seconds) => {
    const { signIn } = createTestBff(json({ ...good, expires_in }))
    expect((await signIn()).body.token?.expires_in).toBe(seconds)
  })

  it('may hold a token of 16 kB', async () => {
    const access_token = 'a'.repeat(16_384)
    expect((await createTestBff(json({ ...good, access_token })).signIn()).body.token).toMatchObject({
      access_token,
    })
  })
})

describe('what a page sends', () => {
  it.each([
    ['no username', { credentials: { password: 'p' } }],
    ['an empty username', { credentials: { username: '', password: 'p' } }],
    ['an empty password', { credentials: { username: 'cathy', password: '' } }],
    ['a line break', { credentials: { username: 'cathy', password: 'a\nb' } }],
    ['half a character', { credentials: { username: 'cathy', password: 'a\u{d83d}' } }],
    ['an unknown credential', { credentials: { ...credentials, client_id: 'other' } }],
    ['an unknown member', { credentials, grant_type: 'client_credentials' }],
    ['a scope that is not allowed', { credentials, scope: ['admin'] }],
    ['no JSON', '{"credentials"'],
    ['an array', '[]'],
    ['nothing', ''],
  ])('with %s is refused before the server hears of it', async (_, body) => {
    const { ask, endpoint } = createTestBff(json(good))
    expect(await ask('POST', '/session', body)).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    })
    expect(endpoint.requests).toEqual([])
  })

  it('is refused with credentials in the query, as a form, or when it is long', async () => {
    const { ask, endpoint } = createTestBff(json(good))
    const inQuery = await ask('POST', '/session?username=cathy&password=canary', { credentials })
    expect(inQuery.status).toBe(400)
    expect(inQuery.text).not.toContain('canary')
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
    expect((await ask('POST', '/session', 'username=cathy&password=p', form)).status).toBe(400)
    const long = { credentials: { ...credentials, password: 'p'.repeat(20_000) } }
    expect(await ask('POST', '/session', long)).toMatchObject({
      status: 413,
      body: { error: 'invalid_request' },
    })
    expect(endpoint.requests).toEqual([])
  })

  it.each(['p+&=% é 😀 "\\', '  spaces around  ', '\t', 'e\u{301}', 'x'.repeat(1024)])(
    'reaches the server to the byte: %j',
    async (password) => {
      const { ask, endpoint } = createTestBff(json(good))
      await ask('POST', '/session', { credentials: { username: 'cathy@example.com', password } })
      expect([...(endpoint.requests[0]?.parameters ?? [])]).toEqual([
        ['grant_type', 'password'],
        ['username', 'cathy@example.com'],
        ['password', password],
        ['scope', 'read'],
      ])
    },
  )

  it('may ask for any scope on the list', async () => {
    const { signIn, endpoint } = createTestBff(json(good))
    expect((await signIn({ scope: ['write', 'read', 'read'] })).body.session?.scope).toEqual([
      'write',
      'read',
    ])
    expect(endpoint.requests[0]?.parameters.get('scope')).toBe('write read')
  })
})

describe('a new session', () => {
  it('has another name and another cookie each time, and the one before is ended and given back', async () => {
    const { signIn, endpoint, jar, bff } = createTestBff(rotating())
    const first = await signIn()
    const [before = ''] = jar.values()
    const second = await signIn()
    await bff.close()
    expect(second.body.session?.session_id).not.toBe(first.body.session?.session_id)
    expect([...jar.values()]).not.toContain(before)
    const left = createBrowser(bff)
    left.jar.set('__Host-Http-latchkey', before)
    expect((await left.restore()).body).toMatchObject({ session: null })
    expect(revokedAt(endpoint)).toEqual(['refresh-1'])
  })

  it('never takes a name that somebody planted', async () => {
    const { signIn, jar } = createTestBff(json(good))
    const planted = Buffer.alloc(48, 7).toString('base64url')
    jar.set('__Host-Http-latchkey', planted)
    expect((await signIn()).status).toBe(200)
    expect([...jar.values()]).not.toContain(planted)
  })

  it('has a subject that is the same for the same user only, and tells nothing of him', async () => {
    const { signIn, another } = createTestBff(json(good))
    const one = (await signIn()).body.session?.subject
    expect((await another().signIn()).body.session?.subject).toBe(one)
    const other = await another().signIn({ credentials: { ...credentials, username: 'dora' } })
    expect(other.body.session?.subject).not.toBe(one)
    expect(one).toMatch(/^[\w-]{43}$/)
  })

  it('takes the user from where the provider describes him, and knows him by his id', async () => {
    const data = { id: 7, first_name: 'Cathy', last_name: "O'Reilly (Dev)", email: 'c@x' }
    const provider = axosoft({ site: 'https://acct.axosoft.com', clientId: 'c', clientSecret: 's' })
    const { signIn, another } = createTestBff(json({ access_token: 'a', token_type: 'bearer', data }), {
      provider,
    })
    const { body } = await signIn()
    expect(body).toMatchObject({ session: { user: data, scope: ['read'] }, token: { expires_in: 2_592_000 } })
    const renamed = await another().signIn({ credentials: { ...credentials, username: 'CATHY' } })
    expect(renamed.body.session?.subject).toBe(body.session?.subject)
  })

  it('is not kept when the browser has gone before the answer, and its token is given back', async () => {
    const store = memoryStore()
    let kept = 0
    const insert: typeof store.insert = (...all) => ((kept += 1), store.insert(...all))
    const { bff, endpoint } = createTestBff(rotating(), { store: { ...store, insert } })
    const slow = hangUntilReleased(rotating())
    endpoint.script(slow.reply)
    const gone = new AbortController()
    const answer = bff.fetch(
      new Request('https://portal.example.com/auth/session', {
        method: 'POST',
        signal: gone.signal,
        headers: { 'X-Latchkey': '1', 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'application/json' },
        body: JSON.stringify({ credentials }),
      }),
    )
    await flushPromises()
    gone.abort()
    slow.release()
    expect((await answer).headers.get('Set-Cookie')).toBeNull()
    await bff.close()
    expect(kept).toBe(0)
    expect(revokedAt(endpoint)).toEqual(['refresh-1'])
  })
})

describe('a sign-in on top of a session', () => {
  const tokens = { ...good, access_token: 'a', refresh_token: 'r' }

  it.each([
    ['gives the tokens of the session before back', { access_token: 'b', refresh_token: 's' }, ['r']],
    ['gives nothing back that the server gave out again', {}, []],
    ['gives no refresh token back that still holds', { access_token: 'b' }, []],
  ])('%s', async (_, next, givenBack) => {
    const { signIn, bff, endpoint } = createTestBff(json(tokens))
    await signIn()
    endpoint.script(json({ ...tokens, ...next }))
    await signIn()
    await bff.close()
    expect(revokedAt(endpoint)).toEqual(givenBack)
  })
})
