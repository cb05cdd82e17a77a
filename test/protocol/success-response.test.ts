import { memoryStore } from '@latchkey/bff'
import { expect, it } from 'vitest'
import { createClock, createTestBff } from '../../packages/bff/test/support/browser.ts'
import {
  grantsOf,
  hangUntilReleased,
  json,
  raw,
  rotating,
} from '../../packages/bff/test/support/token-endpoint.ts'
import { openPage } from './page.ts'
import { tokenResponse, createProvider } from './setup.ts'

const responseText = JSON.stringify(tokenResponse)

it.each([
  'application/json',
  'application/json;charset=UTF-8',
  'application/json; charset=utf-8',
  'application/json; charset="ISO-8859-1"',
  'Application/JSON',
])('18 accepts JSON with the content type %s', async (type) => {
  const { signIn } = createTestBff(raw(responseText, 200, { 'Content-Type': type }))
  expect((await signIn()).body.token?.access_token).toBe('a')
})

it.each([
  ['missing', {}],
  ['an empty text', { ...tokenResponse, access_token: '' }],
  ['null', { ...tokenResponse, access_token: null }],
  ['a number', { ...tokenResponse, access_token: 1 }],
  ['an array', { ...tokenResponse, access_token: ['a'] }],
  ['under another name', { ...tokenResponse, access_token: undefined, accessToken: 'a' }],
])('18 reads a 200 without a usable access token (%s) as a server error', async (_, body) => {
  const { signIn, log } = createTestBff(json(body))
  const response = await signIn()
  expect(response).toMatchObject({ status: 502, body: { error: 'server_error' } })
  expect(response.headers.get('Set-Cookie')).toBeNull()
  expect(log.at(-1)).toContain('access_token')
})

it.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('19 accepts the token type %s', async (token_type) => {
  const { signIn } = createTestBff(json({ ...tokenResponse, token_type }))
  expect((await signIn()).body.token).toMatchObject({ access_token: 'a', token_type: 'Bearer' })
})

it.each(['mac', 'DPoP', 'N_A', 'JWT', 'access_token', '', ' Bearer', 'Bearer x'])(
  '20 rejects a token of the type %j',
  async (token_type) => {
    const { signIn, restore, log } = createTestBff(json({ ...tokenResponse, token_type }))
    const response = await signIn()
    expect(response).toMatchObject({ status: 502, body: { error: 'server_error' } })
    expect(response.text).not.toContain('"a"')
    expect((await restore()).body).toMatchObject({ session: null })
    expect(log.at(-1)).toMatch(/token_type|DPoP/)
  },
)

it('20 keeps the current token when a refresh returns one of another type', async () => {
  const { signIn, restore, endpoint, clock } = createTestBff(rotating())
  await signIn()
  endpoint.script(json({ ...tokenResponse, access_token: 'other', token_type: 'mac' }))
  await clock.pass(850)
  expect((await restore()).body.token).toMatchObject({ access_token: 'access-1', sequence: 1 })
})

it.each([
  ['missing', undefined],
  ['null', null],
  ['a number', 7],
])('21 rejects a token whose type is %s, unless the description has a default', async (_, token_type) => {
  const reply = json({ ...tokenResponse, token_type })
  expect(await createTestBff(reply).signIn()).toMatchObject({
    status: 502,
    body: { error: 'server_error' },
  })
  const withDefault = createTestBff(reply, { provider: createProvider({ defaultTokenType: 'Bearer' }) })
  expect((await withDefault.signIn()).body.token).toMatchObject({ access_token: 'a', token_type: 'Bearer' })
})

it('22 drops unknown members, and survives names such as `__proto__`', async () => {
  const names = [
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'then',
    'session',
    'user',
  ]
  const extraMembers = names.map((name) => `"${name}":{"polluted":"canary"}`).join(',')
  const { signIn, restore, token, clock } = createTestBff(
    raw(
      `{"access_token":"a","token_type":"Bearer","expires_in":900,"queries_log":["canary"],${extraMembers}}`,
    ),
  )
  const first = await signIn()
  expect(first.body).toMatchObject({
    session: { user: { username: 'cathy' }, scope: ['read'] },
    token: { access_token: 'a', expires_in: 900 },
  })
  await clock.pass(20)
  for (const { text, headers } of [first, await restore(), await token(0)])
    expect(text + JSON.stringify([...headers])).not.toContain('canary')
  expect(Object(Object.prototype)).not.toHaveProperty('polluted')
})

it.each(['__proto__', 'constructor'])(
  '22 reads the member %s only if the response contains it',
  async (name) => {
    const provider = { ...createProvider(), response: { user: `/${name}` } }
    expect((await createTestBff(json(tokenResponse), { provider }).signIn()).body.session?.user).toBeNull()
    const withMember = raw(`{"access_token":"a","token_type":"Bearer","${name}":{"id":7}}`)
    expect((await createTestBff(withMember, { provider }).signIn()).body.session?.user).toEqual({ id: 7 })
    const onlyInside = raw(`{"${name}":{"access_token":"a","token_type":"Bearer"}}`)
    expect((await createTestBff(onlyInside, { provider }).signIn()).status).toBe(502)
  },
)

it('22 keeps only the members that the description names', async () => {
  const provider = { ...createProvider(), response: { extraUserFields: ['BusinessName', 'constructor'] } }
  const { signIn } = createTestBff(json({ ...tokenResponse, BusinessName: 'B', BusinessCode: 'C' }), {
    provider,
  })
  expect((await signIn()).body.session?.user).toEqual({ username: 'cathy', BusinessName: 'B' })
})

it('22 does not read inherited members of a response', async () => {
  const { signIn } = createTestBff(raw('{"__proto__":{"access_token":"a","token_type":"Bearer"}}'))
  expect((await signIn()).status).toBe(502)
})

it('23 measures the lifetime of a token from its request', async () => {
  const { signIn, token, endpoint, clock } = createTestBff(rotating())
  endpoint.script(async (request) => {
    await clock.pass(7)
    return json({ ...tokenResponse, refresh_token: `${request.parameters.get('grant_type')}` })(request)
  })
  expect((await signIn()).body.token?.expires_in).toBe(893)
  await clock.pass(500)
  expect((await token(1)).body.token?.expires_in).toBe(893)
})

it('23 measures the lifetime of a token in the page from its request, on a monotonic clock', async () => {
  const server = rotating()
  const { client, browser, endpoint, pass } = await openPage(server)
  await pass(500)
  const slow = hangUntilReleased(server)
  endpoint.script(slow.reply)
  const pendingToken = client.getAccessToken({ forceRefresh: true })
  await pass(5)
  slow.release()
  await pendingToken
  // The BFF and the page each subtract the seconds that they waited.
  expect(client.accessToken.secondsLeft()).toBe(890)
  browser.shiftWallClock(-86_400_000)
  expect(client.accessToken.secondsLeft()).toBe(890)
})

it.each([
  [3599, 3599],
  ['3599', 3599],
  [0, 0],
  ['0', 0],
])('24 reads the lifetime %j as %i seconds', async (expires_in, seconds) => {
  const { signIn, clock, restore } = createTestBff(json({ ...tokenResponse, expires_in }))
  const { body } = await signIn()
  // The BFF does not return an expired token.
  expect(body.token?.expires_in).toBe(seconds === 0 ? undefined : seconds)
  await clock.pass(seconds)
  expect((await restore()).body.token).toBeUndefined()
})

it.each([
  '',
  ' ',
  '1h',
  '3599s',
  '2030-01-01T00:00:00Z',
  'NaN',
  '-1',
  '0x10',
  '1e3',
  -1,
  null,
  true,
  [900],
  {},
])('24 reads the lifetime %j as unknown', async (expires_in) => {
  const { signIn } = createTestBff(json({ ...tokenResponse, expires_in }))
  expect((await signIn()).body.token).toMatchObject({ access_token: 'a', expires_in: null })
})

it('25 uses the lifetime of the description only if the response has none', async () => {
  const provider = createProvider({ defaultLifetime: 1200 })
  const { signIn } = createTestBff(json({ ...tokenResponse, expires_in: undefined }), { provider })
  expect((await signIn()).body.token?.expires_in).toBe(1200)
  const other = createTestBff(json(tokenResponse), { provider })
  expect((await other.signIn()).body.token?.expires_in).toBe(900)
})

it('25 refreshes a token of unknown lifetime only when it was rejected', async () => {
  const { signIn, restore, token, clock, endpoint } = createTestBff(
    json({ ...tokenResponse, refresh_token: 'r', expires_in: undefined }),
  )
  expect((await signIn()).body.token?.expires_in).toBeNull()
  await clock.pass(40_000)
  expect((await restore()).body.token).toMatchObject({ sequence: 1, expires_in: null })
  expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(0)
  expect((await token(1)).body.token?.sequence).toBe(2)
})

it.each([2_592_000, 31_536_000])(
  '26 refreshes a token of %i seconds once, when it is due',
  async (expiresIn) => {
    const session = { idle: 4e7, absolute: 4e7 }
    const { browser, endpoint, pass } = await openPage(rotating(expiresIn), { session })
    await pass(expiresIn - 61)
    expect(browser.requests).toEqual(['GET /auth/session', 'POST /auth/session'])
    await pass(2)
    expect(browser.requests.slice(2)).toEqual(['POST /auth/token'])
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
  },
)

it.each([0, 1, 2, 5, 30])('27 refreshes tokens of %i seconds at a bounded rate', async (expiresIn) => {
  const { browser, endpoint, client, pass } = await openPage(rotating(expiresIn))
  await pass(60)
  // The page sends a request at most every ten seconds.
  expect(grantsOf(endpoint, 'refresh_token').length).toBeLessThanOrEqual(6)
  for (let second = 0; second < 60; second += 1) {
    await pass(1)
    await client.getAccessToken().catch(() => {})
  }
  const grants = grantsOf(endpoint, 'refresh_token').length
  expect(grants).toBeGreaterThan(0)
  expect(grants).toBeLessThanOrEqual(66)
  const before = browser.requests.length
  await Promise.all(Array.from({ length: 50 }, () => client.getAccessToken().catch(() => {})))
  expect(browser.requests.length - before).toBeLessThanOrEqual(1)
})

it('28 assumes the requested scope when the response has none', async () => {
  const { signIn, token, clock } = createTestBff(rotating())
  expect((await signIn({ scope: ['write', 'read'] })).body.session?.scope).toEqual(['write', 'read'])
  await clock.pass(500)
  expect((await token(1)).body.session?.scope).toEqual(['write', 'read'])
})

it('28 uses the scope of the response, also if it is smaller', async () => {
  const scopes = ['read admin', 'read', undefined, 'write']
  let issued = 0
  const { signIn, token, clock } = createTestBff((request) =>
    json({ ...tokenResponse, refresh_token: 'r', scope: scopes[issued++] })(request),
  )
  const scopesSeen = [(await signIn({ scope: ['read', 'write'] })).body.session?.scope]
  for (const sequence of [1, 2, 3]) {
    await clock.pass(500)
    scopesSeen.push((await token(sequence)).body.session?.scope)
  }
  expect(scopesSeen).toEqual([['read', 'admin'], ['read'], ['read'], ['write']])
})

it('29 keeps the refresh token when a refresh returns none', async () => {
  let issued = 0
  const { signIn, token, endpoint, clock } = createTestBff((request) =>
    json({ ...tokenResponse, ...(issued++ === 0 && { refresh_token: 'first' }) })(request),
  )
  await signIn()
  for (const sequence of [1, 2, 3]) {
    await clock.pass(901)
    expect((await token(sequence)).body.token?.sequence).toBe(sequence + 1)
  }
  const usedTokens = grantsOf(endpoint, 'refresh_token').map(({ parameters }) =>
    parameters.get('refresh_token'),
  )
  expect(usedTokens).toEqual(['first', 'first', 'first'])
})

it('30 uses only the newest refresh token, in all processes', async () => {
  const clock = createClock()
  const store = memoryStore(clock)
  const first = createTestBff(rotating(), { store }, clock)
  await first.signIn()
  const id = (await first.restore()).body.session?.session_id
  const second = createTestBff(rotating(), { store, platform: { fetch: first.endpoint.fetch } }, clock)
  for (const [name, value] of first.jar) second.jar.set(name, value)
  for (const [sequence, browser] of [first, second, second, first, second].entries()) {
    await clock.pass(901)
    expect((await browser.token(sequence + 1, id)).body.token?.sequence).toBe(sequence + 2)
  }
  await first.signOut()
  await first.bff.close()
  const usedTokens = first.endpoint.requests.map(
    ({ parameters }) => parameters.get('refresh_token') ?? parameters.get('token'),
  )
  expect(usedTokens).toEqual([
    null,
    'refresh-1',
    'refresh-2',
    'refresh-3',
    'refresh-4',
    'refresh-5',
    'refresh-6',
  ])
})

it.each(['a\r\nb', 'a\nb', 'a\u{0}b', 'a b', 'a\u{7f}', 'é', 'a\u{2028}b', '\u{feff}a', ' a'])(
  '32 rejects an access token that no header can contain: %j',
  async (access_token) => {
    const { signIn, restore } = createTestBff(json({ ...tokenResponse, access_token }))
    const response = await signIn()
    expect(response).toMatchObject({ status: 502, body: { error: 'server_error' } })
    expect(response.body.token).toBeUndefined()
    expect((await restore()).body).toMatchObject({ session: null })
  },
)
