import { memoryStore } from '@latchkey/bff'
import { expect, it } from 'vitest'
import {
  createClock,
  createTestBff,
  credentials,
  flushPromises,
} from '../../packages/bff/test/support/browser.ts'
import {
  failWithCode,
  grantsOf,
  hangUntilReleased,
  json,
  raw,
  revokedAt,
  rotating,
} from '../../packages/bff/test/support/token-endpoint.ts'
import { openPage } from './page.ts'
import { cookieName, createRecordingStore, tokenResponse, invalidGrant, createProvider } from './setup.ts'

it('42 sends one request for all callers of three BFFs with one store', async () => {
  const clock = createClock()
  const store = memoryStore({ now: clock.now })
  const server = rotating()
  const first = createTestBff(server, { store }, clock)
  await first.signIn()
  const id = (await first.restore()).body.session?.session_id
  const platform = { fetch: first.endpoint.fetch }
  const testBffs = [
    first,
    createTestBff(server, { store, platform }, clock),
    createTestBff(server, { store, platform }, clock),
  ]
  for (const other of testBffs) for (const [name, value] of first.jar) other.jar.set(name, value)
  await clock.pass(901)
  const slow = hangUntilReleased(server)
  first.endpoint.script(slow.reply)
  const pendingResponses = Promise.all(
    testBffs.flatMap((testBff) =>
      Array.from({ length: 10 }, () => [testBff.token(1, id), testBff.restore()]).flat(),
    ),
  )
  await flushPromises()
  await clock.pass(2)
  slow.release()
  await flushPromises()
  await clock.pass(1)
  expect((await pendingResponses).map(({ body }) => body.token?.sequence)).toEqual(Array(60).fill(2))
  expect(grantsOf(first.endpoint, 'refresh_token')).toHaveLength(1)
})

it('42 sends one request for all callers in three tabs', async () => {
  const { client, endpoint, sleep, openTab } = await openPage(rotating())
  const clients = [client, await openTab(), await openTab()]
  await sleep(7200)
  const tokens = await Promise.all(
    clients.flatMap((tab) => Array.from({ length: 50 }, () => tab.getAccessToken())),
  )
  expect(new Set(tokens)).toEqual(new Set(['access-2']))
  expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
})

it('43 keeps the refresh token out of bodies, headers, cookies, errors and the log', async () => {
  const canaries = ['canary-one', 'canary-two']
  let issued = 0
  const createEcho = (status: number) => () =>
    new Response(JSON.stringify({ error: canaries[0], error_description: canaries[1] }), {
      status,
      headers: { 'X-Echo': canaries.join(), 'WWW-Authenticate': `Basic ${canaries.join()}` },
    })
  const { signIn, restore, token, signOut, sendRequest, endpoint, clock, jar, log, bff } = createTestBff(
    (request) =>
      json({ ...tokenResponse, refresh_token: canaries[issued++] }, 200, { 'X-Echo': canaries.join() })(
        request,
      ),
  )
  const responses = [await signIn(), await restore()]
  await clock.pass(901)
  responses.push(await token(1), await restore('?peek'))
  for (const status of [500, 200, 429, 400, 401]) {
    await clock.pass(901)
    endpoint.script(createEcho(status))
    responses.push(await token(2), await restore(), await sendRequest('POST', '/token', '{'), await signIn())
  }
  responses.push(await signOut())
  await bff.close()
  const outputs = [
    ...responses.flatMap(({ text, headers }) => [text, ...[...headers].flat()]),
    ...[...jar.values()].map((value) => Buffer.from(value, 'base64url').toString('latin1')),
    ...log,
  ].join('\n')
  expect(grantsOf(endpoint, 'refresh_token').length).toBeGreaterThan(4)
  for (const canary of canaries) {
    expect(outputs).not.toContain(canary)
    expect(outputs).not.toContain(Buffer.from(canary).toString('base64').slice(0, 12))
  }
})

it.each([
  ['503', raw('', 503)],
  ['429', raw('', 429)],
  ['a closed connection', failWithCode('ECONNRESET')],
  ['HTML', raw('<h1>Wi-Fi</h1>')],
])('44 keeps the current token usable when an early refresh fails with %s', async (_, reply) => {
  const { client, endpoint, pass, apiRequests } = await openPage(rotating())
  endpoint.script(reply)
  await pass(870)
  expect(grantsOf(endpoint, 'refresh_token').length).toBeGreaterThan(0)
  expect(client.getState().status).toBe('signed-in')
  expect(await client.getAccessToken()).toBe('access-1')
  expect((await client.fetch('/api/items')).status).toBe(200)
  expect(apiRequests[0]?.headers.get('Authorization')).toBe('Bearer access-1')
})

it('44 returns the current token until it expires when a refresh fails', async () => {
  const { signIn, restore, token, endpoint, clock } = createTestBff(rotating())
  await signIn()
  endpoint.script(raw('', 503))
  await clock.pass(850)
  for (const response of [await restore(), await token(1), await restore()])
    expect(response).toMatchObject({
      status: 200,
      body: { token: { access_token: 'access-1', expires_in: 50 } },
    })
  expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
})

it('45 refreshes when a tab becomes visible after a sleep', async () => {
  const { client, tab, endpoint, pass, sleep } = await openPage(rotating())
  tab.hide()
  await sleep(8 * 3600)
  expect(client.accessToken.get()).toBeNull()
  tab.show()
  await pass(0)
  expect(client.accessToken.get()).toBe('access-2')
  expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
})

it('45 refreshes when the window gets the focus, and when the network returns', async () => {
  const { browser, client, dispatchWindowEvent, pass, sleep } = await openPage(rotating())
  await sleep(7200)
  dispatchWindowEvent('focus')
  await pass(0)
  expect(client.accessToken.get()).toBe('access-2')
  browser.goOffline()
  await sleep(7200)
  dispatchWindowEvent('focus')
  await pass(1)
  expect(client.accessToken.get()).toBeNull()
  browser.goOnline()
  await pass(0)
  expect(client.accessToken.get()).toBe('access-3')
})

it('45 refreshes on time when the clock is set back', async () => {
  const { browser, client, endpoint, pass } = await openPage(rotating())
  browser.shiftWallClock(-86_400_000)
  await pass(839)
  expect(client.accessToken.secondsLeft()).toBe(61)
  await pass(2)
  expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
})

it('46 drops the response to a refresh after a sign-out, and revokes its token', async () => {
  const server = rotating()
  const { signIn, signOut, restore, token, endpoint, clock, bff, jar } = createTestBff(server)
  await signIn()
  const [before = ''] = jar.values()
  await clock.pass(901)
  const slow = hangUntilReleased(server)
  endpoint.script(slow.reply, server)
  const lateResponse = token(1)
  await flushPromises()
  expect((await signOut()).status).toBe(204)
  slow.release()
  const response = await lateResponse
  expect(response).toMatchObject({ status: 401, body: { error: 'login_required' } })
  expect(response.headers.get('Set-Cookie')).toBeNull()
  jar.set(cookieName, before)
  expect((await restore()).body).toMatchObject({ session: null })
  await bff.close()
  expect(revokedAt(endpoint)).toContain('refresh-2')
})

it.each(['a sign-out', 'another sign-in'])(
  '46 drops the token of a refresh in the page after %s',
  async (act) => {
    const server = rotating()
    const { client, endpoint, pass, sleep } = await openPage(server)
    await sleep(7200)
    const slow = hangUntilReleased(server)
    endpoint.script(slow.reply, json({ ...tokenResponse, access_token: 'of-bob' }))
    const lateToken = client.getAccessToken().catch((error: unknown) => error)
    await pass(0)
    await (act === 'a sign-out' ? client.signOut() : client.signIn({ ...credentials, username: 'bob' }))
    slow.release()
    await pass(1)
    expect(await lateToken).toMatchObject({ code: 'login_required' })
    expect(client.accessToken.get()).toBe(act === 'a sign-out' ? null : 'of-bob')
  },
)

it('47 asks for a new sign-in when a token without a refresh token expires', async () => {
  const { client, endpoint, pass } = await openPage(json(tokenResponse))
  await pass(899)
  expect(client.getState().status).toBe('signed-in')
  await pass(2)
  await expect(client.getAccessToken()).rejects.toMatchObject({
    code: 'login_required',
    reason: 'no_refresh',
  })
  expect(client.getState().status).toBe('expired')
  expect(endpoint.requests).toHaveLength(1)
})

it('47 does not store the password, not even in the sealed session', async () => {
  const clock = createClock()
  const store = createRecordingStore(clock.now)
  const { signIn, restore, jar } = createTestBff(rotating(), { store }, clock)
  await signIn()
  await clock.pass(850)
  await restore()
  const writes = store.describeWrites(jar.get(cookieName) ?? '')
  expect(writes).toContain('"refreshToken":"refresh-2"')
  expect(writes).not.toContain(credentials.password)
})

it('47 sends the password in no later request', async () => {
  const { signIn, token, restore, endpoint, clock } = createTestBff(rotating())
  await signIn()
  endpoint.script(invalidGrant)
  await clock.pass(901)
  await token(1)
  await restore()
  const laterRequests = endpoint.requests.slice(1).map(({ parameters }) => parameters.toString())
  expect(laterRequests.length).toBeGreaterThan(0)
  for (const request of laterRequests) expect(request).not.toContain('password')
})

it.each([
  ['the response contains', { from: '/refresh_expires_in', as: 'seconds' } as const],
  ['the description sets', { seconds: 1800 }],
])('49 ends the session with its refresh token when %s its lifetime', async (_, source) => {
  const reply = json({ ...tokenResponse, refresh_token: 'r', refresh_expires_in: 1800 })
  const { signIn, restore, clock } = createTestBff(reply, {
    provider: { ...createProvider(), response: { refreshExpiry: [source] } },
  })
  expect((await signIn()).body.session?.expires_in).toBe(1800)
  await clock.pass(900)
  expect((await restore()).body.session?.expires_in).toBe(1800)
  await clock.pass(1799)
  expect((await restore('?peek')).body.session).not.toBeNull()
})

it('49 ends a session in use when its refresh token expires', async () => {
  const { signIn, restore, token, clock } = createTestBff(
    json({ ...tokenResponse, expires_in: 3600, refresh_token: 'r', refresh_expires_in: 1800 }),
    {
      provider: {
        ...createProvider(),
        response: { refreshExpiry: [{ from: '/refresh_expires_in', as: 'seconds' }] },
      },
    },
  )
  await signIn()
  await clock.pass(1799)
  expect((await restore()).body.session?.expires_in).toBe(1)
  await clock.pass(1)
  expect((await token(1)).body.error).toBe('login_required')
  expect((await restore()).body).toMatchObject({ session: null })
})

it('49 keeps the session limits when a refresh token never expires', async () => {
  const { signIn } = createTestBff(json({ ...tokenResponse, refresh_token: 'r', refresh_expires_in: 0 }), {
    provider: {
      ...createProvider(),
      response: { refreshExpiry: [{ from: '/refresh_expires_in', as: 'seconds' }] },
    },
  })
  expect((await signIn()).body.session?.expires_in).toBe(43_200)
})
