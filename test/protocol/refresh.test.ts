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
import { createOpenStore, good, invalidGrant, plain } from './setup.ts'

it('42 asks once for all callers of three BFFs on one store', async () => {
  const clock = createClock()
  const store = memoryStore({ now: clock.now })
  const server = rotating()
  const first = createTestBff(server, { store }, clock)
  await first.signIn()
  const id = (await first.restore()).body.session?.session_id
  const platform = { fetch: first.endpoint.fetch }
  const all = [
    first,
    createTestBff(server, { store, platform }, clock),
    createTestBff(server, { store, platform }, clock),
  ]
  for (const other of all) for (const [name, value] of first.jar) other.jar.set(name, value)
  await clock.pass(901)
  const slow = hangUntilReleased(server)
  first.endpoint.script(slow.reply)
  const asked = Promise.all(
    all.flatMap((one) => Array.from({ length: 10 }, () => [one.token(1, id), one.restore()]).flat()),
  )
  await flushPromises()
  await clock.pass(2)
  slow.release()
  await flushPromises()
  await clock.pass(1)
  expect((await asked).map(({ body }) => body.token?.sequence)).toEqual(Array(60).fill(2))
  expect(grantsOf(first.endpoint, 'refresh_token')).toHaveLength(1)
})

it('42 asks once for all callers in three tabs', async () => {
  const { client, endpoint, sleep, openTab } = await openPage(rotating())
  const clients = [client, await openTab(), await openTab()]
  await sleep(7200)
  const tokens = await Promise.all(
    clients.flatMap((one) => Array.from({ length: 50 }, () => one.getAccessToken())),
  )
  expect(new Set(tokens)).toEqual(new Set(['access-2']))
  expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
})

it('43 shows the refresh token to no page: not in a body, a header or an error', async () => {
  const canaries = ['canary-one', 'canary-two']
  let issued = 0
  const echo = (status: number) => () =>
    new Response(JSON.stringify({ error: canaries[0], error_description: canaries[1] }), {
      status,
      headers: { 'X-Echo': canaries.join(), 'WWW-Authenticate': `Basic ${canaries.join()}` },
    })
  const { signIn, restore, token, signOut, sendRequest, endpoint, clock, jar, log, bff } = createTestBff(
    (asked) =>
      json({ ...good, refresh_token: canaries[issued++] }, 200, { 'X-Echo': canaries.join() })(asked),
  )
  const answers = [await signIn(), await restore()]
  await clock.pass(901)
  answers.push(await token(1), await restore('?peek'))
  for (const status of [500, 200, 429, 400, 401]) {
    await clock.pass(901)
    endpoint.script(echo(status))
    answers.push(await token(2), await restore(), await sendRequest('POST', '/token', '{'), await signIn())
  }
  answers.push(await signOut())
  await bff.close()
  const seen = [
    ...answers.flatMap(({ text, headers }) => [text, ...[...headers].flat()]),
    ...[...jar.values()].map((value) => Buffer.from(value, 'base64url').toString('latin1')),
    ...log,
  ].join('\n')
  expect(grantsOf(endpoint, 'refresh_token').length).toBeGreaterThan(4)
  for (const canary of canaries) {
    expect(seen).not.toContain(canary)
    expect(seen).not.toContain(Buffer.from(canary).toString('base64').slice(0, 12))
  }
})

it.each([
  ['503', raw('', 503)],
  ['429', raw('', 429)],
  ['a broken connection', failWithCode('ECONNRESET')],
  ['HTML', raw('<h1>Wi-Fi</h1>')],
])('44 leaves the present token usable when a refresh before its end meets %s', async (_, reply) => {
  const { client, endpoint, pass, heard } = await openPage(rotating())
  endpoint.script(reply)
  await pass(870)
  expect(grantsOf(endpoint, 'refresh_token').length).toBeGreaterThan(0)
  expect(client.getState().status).toBe('signed-in')
  expect(await client.getAccessToken()).toBe('access-1')
  expect((await client.fetch('/api/items')).status).toBe(200)
  expect(heard[0]?.headers.get('Authorization')).toBe('Bearer access-1')
})

it('44 answers with the present token while it lives, whatever a refresh meets', async () => {
  const { signIn, restore, token, endpoint, clock } = createTestBff(rotating())
  await signIn()
  endpoint.script(raw('', 503))
  await clock.pass(850)
  for (const answer of [await restore(), await token(1), await restore()])
    expect(answer).toMatchObject({
      status: 200,
      body: { token: { access_token: 'access-1', expires_in: 50 } },
    })
  expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
})

it('45 looks at the time again when a tab is seen again after a sleep', async () => {
  const { client, tab, endpoint, pass, sleep } = await openPage(rotating())
  tab.hide()
  await sleep(8 * 3600)
  expect(client.accessToken.get()).toBeNull()
  tab.show()
  await pass(0)
  expect(client.accessToken.get()).toBe('access-2')
  expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
})

it('45 looks at the time again when the window has the focus, and when the network is back', async () => {
  const { browser, client, tell, pass, sleep } = await openPage(rotating())
  await sleep(7200)
  tell('focus')
  await pass(0)
  expect(client.accessToken.get()).toBe('access-2')
  browser.goOffline()
  await sleep(7200)
  tell('focus')
  await pass(1)
  expect(client.accessToken.get()).toBeNull()
  browser.goOnline()
  await pass(0)
  expect(client.accessToken.get()).toBe('access-3')
})

it('45 is not misled by a clock that is set back', async () => {
  const { browser, client, endpoint, pass } = await openPage(rotating())
  browser.shiftWallClock(-86_400_000)
  await pass(839)
  expect(client.accessToken.secondsLeft()).toBe(61)
  await pass(2)
  expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
})

it('46 drops the answer to a refresh that a sign-out overtakes, and gives its token back', async () => {
  const server = rotating()
  const { signIn, signOut, restore, token, endpoint, clock, bff, jar } = createTestBff(server)
  await signIn()
  const [before = ''] = jar.values()
  await clock.pass(901)
  const slow = hangUntilReleased(server)
  endpoint.script(slow.reply, server)
  const late = token(1)
  await flushPromises()
  expect((await signOut()).status).toBe(204)
  slow.release()
  const answer = await late
  expect(answer).toMatchObject({ status: 401, body: { error: 'login_required' } })
  expect(answer.headers.get('Set-Cookie')).toBeNull()
  jar.set('__Host-Http-latchkey', before)
  expect((await restore()).body).toMatchObject({ session: null })
  await bff.close()
  expect(revokedAt(endpoint)).toContain('refresh-2')
})

it.each(['a sign-out', 'another sign-in'])(
  '46 drops in the page what comes of a refresh after %s',
  async (act) => {
    const server = rotating()
    const { client, endpoint, pass, sleep } = await openPage(server)
    await sleep(7200)
    const slow = hangUntilReleased(server)
    endpoint.script(slow.reply, json({ ...good, access_token: 'of-bob' }))
    const late = client.getAccessToken().catch((error: unknown) => error)
    await pass(0)
    await (act === 'a sign-out' ? client.signOut() : client.signIn({ ...credentials, username: 'bob' }))
    slow.release()
    await pass(1)
    expect(await late).toMatchObject({ code: 'login_required' })
    expect(client.accessToken.get()).toBe(act === 'a sign-out' ? null : 'of-bob')
  },
)

it('47 asks to sign in again when a token without refresh token is over', async () => {
  const { client, endpoint, pass } = await openPage(json(good))
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

it('47 has given the password up when there is a token, also under the seal of the session', async () => {
  const clock = createClock()
  const store = createOpenStore(clock.now)
  const { signIn, restore, jar } = createTestBff(rotating(), { store }, clock)
  await signIn()
  await clock.pass(850)
  await restore()
  const written = store.written([...jar.values()].join(''))
  expect(written).toContain('"refreshToken":"refresh-2"')
  expect(written).not.toContain(credentials.password)
})

it('47 sends no password in a later request', async () => {
  const { signIn, token, restore, endpoint, clock } = createTestBff(rotating())
  await signIn()
  endpoint.script(invalidGrant)
  await clock.pass(901)
  await token(1)
  await restore()
  const sent = endpoint.requests.slice(1).map(({ parameters }) => parameters.toString())
  expect(sent.length).toBeGreaterThan(0)
  for (const one of sent) expect(one).not.toContain('password')
})

it.each([
  ['the answer says', { from: '/refresh_expires_in', as: 'seconds' } as const],
  ['the description says', { seconds: 1800 }],
])('49 ends the session with its refresh token, whose life %s', async (_, source) => {
  const reply = json({ ...good, refresh_token: 'r', refresh_expires_in: 1800 })
  const { signIn, restore, clock } = createTestBff(reply, {
    provider: { ...plain(), response: { refreshExpiry: [source] } },
  })
  expect((await signIn()).body.session?.expires_in).toBe(1800)
  await clock.pass(900)
  expect((await restore()).body.session?.expires_in).toBe(1800)
  await clock.pass(1799)
  expect((await restore('?peek')).body.session).not.toBeNull()
})

it('49 has no session any more when its refresh token is over, however much it was used', async () => {
  const { signIn, restore, token, clock } = createTestBff(
    json({ ...good, expires_in: 3600, refresh_token: 'r', refresh_expires_in: 1800 }),
    {
      provider: { ...plain(), response: { refreshExpiry: [{ from: '/refresh_expires_in', as: 'seconds' }] } },
    },
  )
  await signIn()
  await clock.pass(1799)
  expect((await restore()).body.session?.expires_in).toBe(1)
  await clock.pass(1)
  expect((await token(1)).body.error).toBe('login_required')
  expect((await restore()).body).toMatchObject({ session: null })
})

it('49 leaves the limits of the session alone where a refresh token has no end', async () => {
  const { signIn } = createTestBff(json({ ...good, refresh_token: 'r', refresh_expires_in: 0 }), {
    provider: { ...plain(), response: { refreshExpiry: [{ from: '/refresh_expires_in', as: 'seconds' }] } },
  })
  expect((await signIn()).body.session?.expires_in).toBe(43_200)
})
