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
import { good, plain } from './setup.ts'

const whole = JSON.stringify(good)

it.each([
  'application/json',
  'application/json;charset=UTF-8',
  'application/json; charset=utf-8',
  'application/json; charset="ISO-8859-1"',
  'Application/JSON',
])('18 takes JSON that is called %s', async (type) => {
  const { signIn } = createTestBff(raw(whole, 200, { 'Content-Type': type }))
  expect((await signIn()).body.token?.access_token).toBe('a')
})

it.each([
  ['none', {}],
  ['an empty one', { ...good, access_token: '' }],
  ['null', { ...good, access_token: null }],
  ['a number', { ...good, access_token: 1 }],
  ['one in an array', { ...good, access_token: ['a'] }],
  ['one under another name', { ...good, access_token: undefined, accessToken: 'a' }],
])('18 takes a 200 with %s for an access token as an error of the server', async (_, body) => {
  const { signIn, log } = createTestBff(json(body))
  const answer = await signIn()
  expect(answer).toMatchObject({ status: 502, body: { error: 'server_error' } })
  expect(answer.headers.get('Set-Cookie')).toBeNull()
  expect(log.at(-1)).toContain('access_token')
})

it.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('19 takes the token type %s', async (token_type) => {
  const { signIn } = createTestBff(json({ ...good, token_type }))
  expect((await signIn()).body.token).toMatchObject({ access_token: 'a', token_type: 'Bearer' })
})

it.each(['mac', 'DPoP', 'N_A', 'JWT', 'access_token', '', ' Bearer', 'Bearer x'])(
  '20 uses no token of the type %j',
  async (token_type) => {
    const { signIn, restore, log } = createTestBff(json({ ...good, token_type }))
    const answer = await signIn()
    expect(answer).toMatchObject({ status: 502, body: { error: 'server_error' } })
    expect(answer.text).not.toContain('"a"')
    expect((await restore()).body).toMatchObject({ session: null })
    expect(log.at(-1)).toMatch(/token_type|DPoP/)
  },
)

it('20 goes on with the token it has when a refresh brings one of another type', async () => {
  const { signIn, restore, endpoint, clock } = createTestBff(rotating())
  await signIn()
  endpoint.script(json({ ...good, access_token: 'other', token_type: 'mac' }))
  await clock.pass(850)
  expect((await restore()).body.token).toMatchObject({ access_token: 'access-1', sequence: 1 })
})

it.each([
  ['missing', undefined],
  ['null', null],
  ['a number', 7],
])(
  '21 uses no token whose type is %s, unless the description says what that means',
  async (_, token_type) => {
    const reply = json({ ...good, token_type })
    expect(await createTestBff(reply).signIn()).toMatchObject({
      status: 502,
      body: { error: 'server_error' },
    })
    const told = createTestBff(reply, { provider: plain({ defaultTokenType: 'Bearer' }) })
    expect((await told.signIn()).body.token).toMatchObject({ access_token: 'a', token_type: 'Bearer' })
  },
)

it('22 drops members that it does not know, and is not harmed by any name', async () => {
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
  const odd = names.map((name) => `"${name}":{"polluted":"canary"}`).join(',')
  const { signIn, restore, token, clock } = createTestBff(
    raw(`{"access_token":"a","token_type":"Bearer","expires_in":900,"queries_log":["canary"],${odd}}`),
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
  '22 reads the member %s of an answer only where it is there',
  async (name) => {
    const provider = { ...plain(), response: { user: `/${name}` } }
    expect((await createTestBff(json(good), { provider }).signIn()).body.session?.user).toBeNull()
    const own = raw(`{"access_token":"a","token_type":"Bearer","${name}":{"id":7}}`)
    expect((await createTestBff(own, { provider }).signIn()).body.session?.user).toEqual({ id: 7 })
    const within = raw(`{"${name}":{"access_token":"a","token_type":"Bearer"}}`)
    expect((await createTestBff(within, { provider }).signIn()).status).toBe(502)
  },
)

it('22 keeps the members that the description names, and no others', async () => {
  const provider = { ...plain(), response: { extraUserFields: ['BusinessName', 'constructor'] } }
  const { signIn } = createTestBff(json({ ...good, BusinessName: 'B', BusinessCode: 'C' }), { provider })
  expect((await signIn()).body.session?.user).toEqual({ username: 'cathy', BusinessName: 'B' })
})

it('22 reads a member of the answer only where it is its own', async () => {
  const { signIn } = createTestBff(raw('{"__proto__":{"access_token":"a","token_type":"Bearer"}}'))
  expect((await signIn()).status).toBe(502)
})

it('23 counts the life of a token from the moment it was asked for', async () => {
  const { signIn, token, endpoint, clock } = createTestBff(rotating())
  endpoint.script(async (asked) => {
    await clock.pass(7)
    return json({ ...good, refresh_token: `${asked.parameters.get('grant_type')}` })(asked)
  })
  expect((await signIn()).body.token?.expires_in).toBe(893)
  await clock.pass(500)
  expect((await token(1)).body.token?.expires_in).toBe(893)
})

it('23 counts the life of a token in the page from the moment it was asked for', async () => {
  const server = rotating()
  const { client, browser, endpoint, pass } = await openPage(server)
  await pass(500)
  const slow = hangUntilReleased(server)
  endpoint.script(slow.reply)
  const asked = client.getAccessToken({ forceRefresh: true })
  await pass(5)
  slow.release()
  await asked
  // The BFF and the page each take off the seconds that they waited.
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
  const { signIn, clock, restore } = createTestBff(json({ ...good, expires_in }))
  const { body } = await signIn()
  // A token that is over already is not handed out.
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
])('24 takes the lifetime %j for none', async (expires_in) => {
  const { signIn } = createTestBff(json({ ...good, expires_in }))
  expect((await signIn()).body.token).toMatchObject({ access_token: 'a', expires_in: null })
})

it('25 takes the lifetime of the description where the answer has none, and only there', async () => {
  const provider = plain({ defaultLifetime: 1200 })
  const { signIn } = createTestBff(json({ ...good, expires_in: undefined }), { provider })
  expect((await signIn()).body.token?.expires_in).toBe(1200)
  const other = createTestBff(json(good), { provider })
  expect((await other.signIn()).body.token?.expires_in).toBe(900)
})

it('25 refreshes a token whose life nobody knows only when it was rejected', async () => {
  const { signIn, restore, token, clock, endpoint } = createTestBff(
    json({ ...good, refresh_token: 'r', expires_in: undefined }),
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

it.each([0, 1, 2, 5, 30])('27 makes no loop of tokens that live %i seconds', async (expiresIn) => {
  const { browser, endpoint, client, pass } = await openPage(rotating(expiresIn))
  await pass(60)
  // The page itself asks at most every ten seconds.
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

it('28 grants what was asked for when the answer says nothing of a scope', async () => {
  const { signIn, token, clock } = createTestBff(rotating())
  expect((await signIn({ scope: ['write', 'read'] })).body.session?.scope).toEqual(['write', 'read'])
  await clock.pass(500)
  expect((await token(1)).body.session?.scope).toEqual(['write', 'read'])
})

it('28 grants what the answer says, also when it is less', async () => {
  const scopes = ['read admin', 'read', undefined, 'write']
  let issued = 0
  const { signIn, token, clock } = createTestBff((asked) =>
    json({ ...good, refresh_token: 'r', scope: scopes[issued++] })(asked),
  )
  const seen = [(await signIn({ scope: ['read', 'write'] })).body.session?.scope]
  for (const sequence of [1, 2, 3]) {
    await clock.pass(500)
    seen.push((await token(sequence)).body.session?.scope)
  }
  expect(seen).toEqual([['read', 'admin'], ['read'], ['read'], ['write']])
})

it('29 goes on with the refresh token it has when a refresh brings none', async () => {
  let issued = 0
  const { signIn, token, endpoint, clock } = createTestBff((asked) =>
    json({ ...good, ...(issued++ === 0 && { refresh_token: 'first' }) })(asked),
  )
  await signIn()
  for (const sequence of [1, 2, 3]) {
    await clock.pass(901)
    expect((await token(sequence)).body.token?.sequence).toBe(sequence + 1)
  }
  const used = grantsOf(endpoint, 'refresh_token').map(({ parameters }) => parameters.get('refresh_token'))
  expect(used).toEqual(['first', 'first', 'first'])
})

it('30 never uses a refresh token again once there is a newer one, here or in another process', async () => {
  const clock = createClock()
  const store = memoryStore(clock)
  const one = createTestBff(rotating(), { store }, clock)
  await one.signIn()
  const id = (await one.restore()).body.session?.session_id
  const other = createTestBff(rotating(), { store, platform: { fetch: one.endpoint.fetch } }, clock)
  for (const [name, value] of one.jar) other.jar.set(name, value)
  for (const [sequence, browser] of [one, other, other, one, other].entries()) {
    await clock.pass(901)
    expect((await browser.token(sequence + 1, id)).body.token?.sequence).toBe(sequence + 2)
  }
  await one.signOut()
  await one.bff.close()
  const used = one.endpoint.requests.map(
    ({ parameters }) => parameters.get('refresh_token') ?? parameters.get('token'),
  )
  expect(used).toEqual([null, 'refresh-1', 'refresh-2', 'refresh-3', 'refresh-4', 'refresh-5', 'refresh-6'])
})

it.each(['a\r\nb', 'a\nb', 'a\u{0}b', 'a b', 'a\u{7f}', 'é', 'a\u{2028}b', '\u{feff}a', ' a'])(
  '32 hands out no access token that cannot stand in a header: %j',
  async (access_token) => {
    const { signIn, restore } = createTestBff(json({ ...good, access_token }))
    const answer = await signIn()
    expect(answer).toMatchObject({ status: 502, body: { error: 'server_error' } })
    expect(answer.body.token).toBeUndefined()
    expect((await restore()).body).toMatchObject({ session: null })
  },
)
