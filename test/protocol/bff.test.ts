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
import { createOpenStore, createWatchedScene, good, invalidGrant } from './setup.ts'

const cookieName = '__Host-Http-latchkey'

it('62 forbids every cache to keep an answer, whatever the authorization server says of its own', async () => {
  const cacheable = {
    'Cache-Control': 'public, max-age=3600',
    Expires: 'Thu, 01 Jan 2099 00:00:00 GMT',
    ETag: '"1"',
  }
  const { signIn, restore, token, signOut, endpoint, clock } = createTestBff(
    json({ ...good, refresh_token: 'r' }, 200, cacheable),
  )
  const answers = [await signIn(), await restore()]
  await clock.pass(901)
  answers.push(await token(1))
  endpoint.script(raw('', 400, cacheable))
  answers.push(await signIn(), await signOut(), await restore(), await token(1))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 401, 204, 200, 401])
  for (const { headers } of answers) {
    expect(headers.get('Cache-Control')).toBe('no-store')
    expect([headers.get('Expires'), headers.get('ETag')]).toEqual([null, null])
  }
})

it.each(['https://evil.example', 'null', page])(
  '66 opens nothing to other origins (asked from %s)',
  async (origin) => {
    const { sendRequest, signIn } = createTestBff(rotating())
    await signIn()
    const preflight = {
      Origin: origin,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'x-latchkey',
    }
    for (const answer of [
      await sendRequest('OPTIONS', '/session', undefined, preflight),
      await sendRequest('OPTIONS', '/token', undefined, { ...preflight, 'X-Latchkey': '' }),
      await sendRequest('GET', '/session', undefined, { Origin: origin }),
      await sendRequest('POST', '/session', { credentials }, { Origin: origin }),
    ])
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  },
)

it('67 has another cookie and another name for the session after each sign-in, and none after a sign-out', async () => {
  const { signIn, signOut, restore, jar, bff } = createTestBff(rotating())
  jar.set(cookieName, Buffer.alloc(48, 7).toString('base64url'))
  const seen = [jar.get(cookieName)]
  const names: (string | undefined)[] = []
  for (let times = 0; times < 3; times += 1) {
    names.push((await signIn()).body.session?.session_id)
    seen.push(jar.get(cookieName))
  }
  await signOut()
  expect(jar.size).toBe(0)
  names.push((await signIn()).body.session?.session_id)
  seen.push(jar.get(cookieName))
  expect(new Set(seen).size).toBe(5)
  expect(new Set(names).size).toBe(4)
  await bff.close()
  for (const old of seen.slice(0, -1)) {
    const thief = createBrowser(bff)
    thief.jar.set(cookieName, old ?? '')
    expect((await thief.restore()).body).toMatchObject({ session: null })
  }
  expect((await restore()).body.session).not.toBeNull()
})

it.each([
  ['one account', (turn: number) => ({ username: 'cathy', address: `203.0.113.${turn}` })],
  ['one address', (turn: number) => ({ username: `user-${turn}`, address: '203.0.113.1' })],
  ['one account from one address', () => ({ username: 'cathy', address: '203.0.113.1' })],
])('68 answers 429 and Retry-After when too many sign-ins fail at %s, and asks nobody', async (_, who) => {
  const byHeader = (request: Request): string | null => request.headers.get('X-Client')
  const { sendRequest, endpoint, clock } = createTestBff(invalidGrant, {
    throttle: { clientAddress: byHeader },
  })
  const fail = (turn: number): Promise<BrowserResponse> => {
    const { username, address } = who(turn)
    return sendRequest(
      'POST',
      '/session',
      { credentials: { username, password: 'x' } },
      { 'X-Client': address },
    )
  }
  const answers: BrowserResponse[] = []
  for (let turn = 0; turn < 50; turn += 1) answers.push(await fail(turn))
  const refused = answers.filter(({ status }) => status === 401)
  expect(refused.length).toBeLessThanOrEqual(30)
  for (const { status, body, headers } of answers.slice(refused.length)) {
    expect([status, body.error]).toEqual([429, 'rate_limited'])
    expect(headers.get('Retry-After')).toMatch(/^[1-9]\d?$/)
    expect(headers.get('Retry-After')).toBe(String(body.retry_after))
  }
  expect(endpoint.requests).toHaveLength(refused.length)
  await clock.pass(Number(answers.at(-1)?.headers.get('Retry-After')))
  expect((await fail(49)).status).toBe(401)
})

const password = 'canary-of-the-password'

it.each([
  ['all goes well', json({ ...good, refresh_token: 'r' })],
  ['the password is wrong', invalidGrant],
  [
    'the server says it back',
    ({ parameters }: { parameters: URLSearchParams }) =>
      Response.json(
        { error: parameters.get('password'), error_description: `${parameters}` },
        { status: 400 },
      ),
  ],
  [
    'the server fails and says it back',
    ({ parameters }: { parameters: URLSearchParams }) => new Response(`${parameters}`, { status: 500 }),
  ],
  ['the connection breaks', failWithCode('ECONNRESET')],
  [
    'fetch tells all',
    ({ parameters }: { parameters: URLSearchParams }) => {
      throw new TypeError(`Failed with ${parameters}`, { cause: new Error(`${parameters}`) })
    },
  ],
])('69 writes the password nowhere when %s', async (_, reply) => {
  const clock = createClock()
  const store = createOpenStore(clock.now)
  const { sendRequest, restore, token, sent, log, jar, signOut, bff } = createWatchedScene(
    reply,
    { store },
    clock,
  )
  const answers: BrowserResponse[] = [
    await sendRequest('POST', '/session', { credentials: { username: 'cathy', password } }),
  ]
  const [cookie = ''] = jar.values()
  await clock.pass(901)
  answers.push(await restore(), await token(1))
  answers.push(
    await sendRequest('POST', '/session', { credentials: { username: 'cathy', password, otp: password } }),
  )
  answers.push(await signOut())
  await bff.close()
  const headers = answers.flatMap((answer) => [...answer.headers])
  const kept = [store.written(cookie), Buffer.from(cookie, 'base64url').toString('latin1')]
  const urls = sent.map(({ request }) => request.url)
  const all = inspect([log, kept, answers, headers, urls], { depth: 9, maxStringLength: null })
  expect(all).not.toContain(password)
  // It was sent once, and to the token endpoint.
  expect(sent.filter(({ body }) => body.includes(password))).toHaveLength(1)
})

it.each(['GET', 'PUT', 'PATCH', 'DELETE'])('70 signs nobody in by %s', async (method) => {
  const { sendRequest, restore, endpoint } = createTestBff(json(good))
  const query = new URLSearchParams({ ...credentials, password }).toString()
  for (const path of [`/session?${query}`, '/session']) {
    const answer = await sendRequest(method, path, method === 'GET' ? undefined : { credentials })
    expect(answer.text + JSON.stringify([...answer.headers])).not.toContain('canary')
    expect((await restore()).body).toMatchObject({ session: null })
  }
  expect(endpoint.requests).toEqual([])
})

it('70 refuses credentials in the query, and says nothing of them', async () => {
  const { sendRequest, endpoint, log } = createTestBff(json(good))
  const query = new URLSearchParams({ username: 'cathy', password }).toString()
  for (const body of [undefined, { credentials }]) {
    const answer = await sendRequest('POST', `/session?${query}`, body)
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
    expect(answer.text + log.join('\n')).not.toContain('canary')
  }
  expect(endpoint.requests).toEqual([])
})

it('72 asks for no scope that is not on the list', async () => {
  const { signIn, endpoint } = createTestBff(json(good))
  for (const scope of [['admin'], ['read', 'admin'], ['read write'], ['*']])
    expect((await signIn({ scope })).body.error).toBe('invalid_request')
  expect(endpoint.requests).toEqual([])
  expect((await signIn({ scope: ['write'] })).body.session?.scope).toEqual(['write'])
})

it('72 gives to who asks for less a token of its own, and not the wider one of before', async () => {
  const server = rotating()
  const { signIn, restore, token, openBrowser, endpoint } = createTestBff(server)
  const wide = await signIn({ scope: ['read', 'write'] })
  const narrow = await signIn({ scope: ['read'] })
  expect(grantsOf(endpoint, 'password').map(({ parameters }) => parameters.get('scope'))).toEqual([
    'read write',
    'read',
  ])
  expect(narrow.body.session?.scope).toEqual(['read'])
  for (const { body } of [
    narrow,
    await restore(),
    await token(0),
    await openBrowser().signIn({ scope: ['read'] }),
  ])
    expect(body.token?.access_token).not.toBe(wide.body.token?.access_token)
})

it('73 answers 200 without a session to who has no cookie', async () => {
  const { restore, endpoint } = createTestBff(json(good))
  const answer = await restore()
  expect(answer).toMatchObject({ status: 200, body: { session: null } })
  expect(answer.headers.get('Set-Cookie')).toBeNull()
  expect(endpoint.requests).toEqual([])
})

it('75 never asks for Basic, whatever the authorization server asks for', async () => {
  const challenge = { 'WWW-Authenticate': 'Basic realm="as"' }
  const refusals = [
    json({ error: 'invalid_grant' }, 401, challenge),
    json({ error: 'invalid_client' }, 401, challenge),
    raw('', 401, challenge),
    raw('<h1>No</h1>', 403, challenge),
  ]
  const answers: BrowserResponse[] = []
  for (const reply of refusals) {
    const { signIn, token, restore, signOut, endpoint, clock } = createTestBff(rotating())
    answers.push(await token(0, 'x'))
    await signIn()
    endpoint.script(reply)
    await clock.pass(901)
    answers.push(await token(1), await signIn(), await restore(), await signOut(), await token(1))
  }
  expect(answers.filter(({ status }) => status === 401).length).toBeGreaterThan(8)
  for (const { status, headers } of answers)
    expect(headers.get('WWW-Authenticate')).toBe(status === 401 ? 'Latchkey' : null)
})
