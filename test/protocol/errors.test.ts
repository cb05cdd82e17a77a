import { memoryStore } from '@latchkey/bff'
import { expect, it } from 'vitest'
import { createClock, createTestBff } from '../../packages/bff/test/support/browser.ts'
import {
  failWithCode,
  grantsOf,
  json,
  raw,
  rotating,
} from '../../packages/bff/test/support/token-endpoint.ts'
import { createWatchedScene, good, invalidGrant, plain } from './setup.ts'

/** The answers that speak of the client or of the request, whatever their status. */
const configuration = [
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_request',
]

it.each([
  ['invalid_grant', 401, 'invalid_credentials'],
  ['invalid_client', 502, 'server_error'],
  ['temporarily_unavailable', 503, 'temporarily_unavailable'],
  ['account_needs_terms', 401, 'invalid_credentials'],
])('33 tells a page of 400 %s with %i %s, and nothing that the server wrote', async (error, status, code) => {
  const description = 'words-of-the-server'
  const { signIn, log } = createTestBff(
    json({ error, error_description: description, error_uri: `https://as.example.com/${description}` }, 400),
  )
  const answer = await signIn()
  expect(answer).toMatchObject({ status, body: { error: code } })
  expect(answer.text + log.join('\n')).not.toContain(description)
  if (status !== 401) expect(log.at(-1)).toContain(`400 ${error === 'invalid_client' ? error : ''}`.trim())
})

it('33 ends no session because of an error code that nobody knows', async () => {
  const { signIn, token, restore, endpoint, clock, log } = createTestBff(rotating())
  await signIn()
  endpoint.script(json({ error: 'account_needs_terms' }, 400))
  await clock.pass(901)
  expect(await token(1)).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })
  expect((await restore()).body.session).not.toBeNull()
  expect(log.at(-1)).toContain('400')
})

it('34 takes 401 invalid_client with a Basic challenge for what it says, and hands no challenge on', async () => {
  const challenge = { 'WWW-Authenticate': 'Basic realm="as"' }
  for (const body of [{ error: 'invalid_client' }, { error: 'invalid_client', error_description: 'x' }]) {
    const { signIn } = createTestBff(json(body, 401, challenge))
    const answer = await signIn()
    expect(answer).toMatchObject({ status: 502, body: { error: 'server_error' } })
    expect(answer.headers.get('WWW-Authenticate')).toBeNull()
  }
})

it.each([400, 401])('35 tells a refused client from a refused user, both told with %i', async (status) => {
  const client = await createTestBff(json({ error: 'invalid_client' }, status)).signIn()
  expect(client).toMatchObject({ status: 502, body: { error: 'server_error' } })
  const user = await createTestBff(json({ error: 'invalid_grant' }, status)).signIn()
  expect(user).toMatchObject({ status: 401, body: { error: 'invalid_credentials' } })
})

it.each([
  ['a status', { status: 401 }, json({ error: 'invalid_client' }, 401), 'invalid_credentials'],
  ['a code', { code: 'bad_login' }, json({ error: 'bad_login' }, 500), 'invalid_credentials'],
  [
    'words',
    { contains: 'locked' },
    json({ error: 'x', error_description: 'is locked' }, 500),
    'invalid_credentials',
  ],
])('35 goes by the description where it says what %s means', async (_, rule, reply, error) => {
  const { signIn } = createTestBff(reply, {
    provider: plain({ errors: [{ ...rule, outcome: 'invalid_credentials' }] }),
  })
  expect((await signIn()).body.error).toBe(error)
  // Another answer is not meant by it.
  const other = createTestBff(json({ error: 'invalid_client' }, 400), {
    provider: plain({ errors: [{ ...rule, outcome: 'invalid_credentials' }] }),
  })
  expect((await other.signIn()).body.error).toBe('server_error')
})

it('36 takes invalid_grant at a sign-in for a wrong password, and does not ask again', async () => {
  const { signIn, endpoint } = createTestBff(invalidGrant)
  expect(await signIn()).toMatchObject({ status: 401, body: { error: 'invalid_credentials' } })
  expect(endpoint.requests).toHaveLength(1)
})

it('36 ends the session at invalid_grant for its refresh token, which is not kept', async () => {
  const clock = createClock()
  const store = memoryStore(clock)
  const keys: string[] = []
  const insert: typeof store.insert = (...all) => (keys.push(all[0]), store.insert(...all))
  const { signIn, token, restore, endpoint } = createTestBff(
    rotating(),
    { store: { ...store, insert } },
    clock,
  )
  await signIn()
  endpoint.script(invalidGrant)
  await clock.pass(901)
  expect(await token(1)).toMatchObject({
    status: 401,
    body: { error: 'login_required', reason: 'refresh_rejected' },
  })
  expect(await store.read(keys[0] ?? '')).toBeNull()
  expect((await restore()).body).toMatchObject({ session: null })
  expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
})

it.each(configuration)(
  '37 takes %s for a mistake in the configuration, and keeps the refresh token',
  async (error) => {
    for (const status of [400, 401]) {
      expect((await createTestBff(json({ error }, status)).signIn()).body.error).toBe('server_error')

      const { signIn, token, endpoint, clock, log } = createTestBff(rotating())
      const server = rotating()
      endpoint.script(server)
      await signIn()
      endpoint.script(json({ error }, status))
      await clock.pass(901)
      expect(await token(1)).toMatchObject({ status: 502, body: { error: 'server_error' } })
      expect(log.at(-1)).toContain(error)
      endpoint.script(server)
      await clock.pass(61)
      expect((await token(1)).body.token?.sequence).toBe(2)
      expect(endpoint.requests.at(-1)?.parameters.get('refresh_token')).toBe('refresh-1')
    }
  },
)

const silence = (): Promise<Response> => new Promise(() => {})

const passing = {
  'a broken connection': failWithCode('ECONNRESET'),
  'a refused connection': failWithCode('ECONNREFUSED'),
  'no answer in time': silence,
  '500': raw('<h1>Oops</h1>', 500),
  '502': raw('', 502),
  '503': raw('', 503),
  '504': raw('', 504),
  '429': json({ error: 'slow_down' }, 429),
}

it.each(Object.entries(passing))(
  '38 keeps session and token through %s, to the end of the token',
  async (_, reply) => {
    const { signIn, token, restore, endpoint, clock } = createTestBff(rotating(), {
      timeout: reply === silence ? 0.3 : 8,
    })
    const server = rotating()
    endpoint.script(server)
    await signIn()
    endpoint.script(reply)
    await clock.pass(850)
    expect((await restore()).body.token).toMatchObject({ access_token: 'access-1', expires_in: 50 })
    await clock.pass(49)
    expect((await restore()).body.token).toMatchObject({ access_token: 'access-1', expires_in: 1 })
    await clock.pass(1)
    const late = await token(1)
    expect(late).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })
    expect(Number(late.headers.get('Retry-After'))).toBeGreaterThan(0)
    expect((await restore()).body.session).not.toBeNull()
    endpoint.script(server)
    await clock.pass(61)
    expect((await token(1)).body.token?.sequence).toBe(2)
  },
)

it('38 backs off longer with each failure, and not every session for as long', async () => {
  const waitsOf = async (chance: number): Promise<number[]> => {
    const { signIn, token, endpoint, clock } = createTestBff(rotating(), {
      platform: { randomBytes: (size) => new Uint8Array(size).fill(chance) },
    })
    await signIn()
    endpoint.script(raw('', 503))
    await clock.pass(901)
    const waits: number[] = []
    for (let failure = 0; failure < 8; failure += 1) {
      const { body } = await token(1)
      await token(1)
      waits.push(body.retry_after ?? 0)
      await clock.pass(body.retry_after ?? 0)
    }
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(8)
    return waits
  }
  const [short, long] = [await waitsOf(0), await waitsOf(255)]
  expect(short.toSorted((one, other) => one - other)).toEqual(short)
  expect(Math.max(...short, ...long)).toBeLessThanOrEqual(60)
  expect(short.at(-1)).toBeLessThan(long.at(-1) ?? 0)
  expect(short.at(-1)).toBeGreaterThan(short[0] ?? 0)
})

it.each([
  ['seconds', () => '120'],
  ['a date', (now: number) => new Date(now + 120_000).toUTCString()],
])('38 obeys Retry-After as %s', async (_, written) => {
  for (const status of [429, 503]) {
    const { signIn, token, endpoint, clock } = createTestBff(rotating())
    const server = rotating()
    endpoint.script(server)
    await signIn()
    await clock.pass(901)
    endpoint.script(raw('', status, { 'Retry-After': written(clock.now()) }))
    expect((await token(1)).body.retry_after).toBe(120)
    endpoint.script(server)
    await clock.pass(119)
    expect((await token(1)).status).toBe(503)
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
    await clock.pass(1)
    expect((await token(1)).body.token?.sequence).toBe(2)
  }
})

it('38 obeys a header of its own where the description names one', async () => {
  const rateLimit = { header: 'X-RateLimit-ResetAfter' }
  const { signIn, token, endpoint, clock } = createTestBff(rotating(), {
    provider: { ...plain(), resource: { rateLimit } },
  })
  await signIn()
  await clock.pass(901)
  endpoint.script(raw('', 429, { 'X-RateLimit-ResetAfter': '120' }))
  expect((await token(1)).body.retry_after).toBe(120)
})

it.each([
  ['HTML', '<h1>canary</h1>'],
  ['nothing', ''],
  ['half of it', '{"access_token":"canary'],
  ['an array', '["canary"]'],
  ['a text', '"canary"'],
  ['null', 'null'],
  ['a form', 'access_token=canary&token_type=bearer'],
  ['two answers', '{"error":"canary"}{"error":"canary"}'],
])('39 tells of a body that is %s by code and status, and nothing of the body', async (_, body) => {
  for (const status of [200, 400, 500]) {
    const { signIn, token, restore, endpoint, clock, log } = createTestBff(rotating())
    await signIn()
    endpoint.script(raw(body, status))
    await clock.pass(901)
    const answers = [await token(1), await signIn(), await restore()]
    expect(answers[0]).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })
    expect(answers[1]?.status).toBe(status === 400 ? 401 : 503)
    expect(answers[2]?.body.session).not.toBeNull()
    expect(log.join('\n') + answers.map(({ text }) => text).join('\n')).not.toContain('canary')
  }
})

it.each([[{}], [{ username: ['is locked'] }], [['a', 'b']], [[]], [7], [0], [true], [null], [''], ['\u{0}']])(
  '40 is not upset by the error %j',
  async (error) => {
    const { signIn, token, restore, endpoint, clock } = createTestBff(rotating())
    await signIn()
    endpoint.script(json({ error, error_description: error, error_uri: error }, 400))
    expect(await signIn()).toMatchObject({ status: 401, body: { error: 'invalid_credentials' } })
    await clock.pass(901)
    expect((await token(1)).status).toBe(503)
    expect((await restore()).body.session).not.toBeNull()
  },
)

it.each([
  ['long', 'canary '.repeat(5000)],
  ['full of control characters', 'canary\u{1b}[2J\u{0}\r\nSet-Cookie: canary=1\u{202e}'],
  ['HTML', '<img src=x onerror="canary()">'],
  ['an object', { canary: 1 }],
])(
  '40 passes no description on that is %s, neither to a page nor to the log',
  async (_, error_description) => {
    const seen: string[] = []
    for (const error of ['invalid_grant', 'invalid_client', 'server_error', 'other']) {
      const { signIn, log } = createTestBff(json({ error, error_description }, 400))
      const { text, headers } = await signIn()
      seen.push(text, JSON.stringify([...headers]), ...log)
    }
    expect(seen.join('\n')).not.toContain('canary')
    for (const line of seen) expect(line.length).toBeLessThan(1000)
  },
)

it.each([
  ['invalid_grant', 401, 'invalid_credentials'],
  ['invalid_client', 502, 'server_error'],
  ['temporarily_unavailable', 503, 'temporarily_unavailable'],
])('41 takes 200 with the error %s and no token for a failure', async (error, status, code) => {
  const { signIn } = createTestBff(json({ error }))
  const answer = await signIn()
  expect(answer).toMatchObject({ status, body: { error: code } })
  expect(answer.headers.get('Set-Cookie')).toBeNull()
})

it('41 ends the session when 200 invalid_grant answers a refresh', async () => {
  const { signIn, token, sent, endpoint, clock } = createWatchedScene(rotating())
  await signIn()
  endpoint.script(json({ error: 'invalid_grant', ...good, access_token: undefined }))
  await clock.pass(901)
  expect((await token(1)).body.reason).toBe('refresh_rejected')
  expect(sent).toHaveLength(2)
})
