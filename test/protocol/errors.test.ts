import { memoryStore } from '@latchkey/bff'
import { expect, it } from 'vitest'
import { nodePlatform } from '../../packages/bff/src/platform.ts'
import { deriveRecordKeys, unseal } from '../../packages/bff/src/sessions/seal.ts'
import { createClock, createTestBff } from '../../packages/bff/test/support/browser.ts'
import {
  failWithCode,
  grantsOf,
  json,
  raw,
  rotating,
} from '../../packages/bff/test/support/token-endpoint.ts'
import { createRecordingBff, tokenResponse, invalidGrant, createProvider } from './setup.ts'

/** The error codes that blame the client or the request, with any status. */
const configurationErrorCodes = [
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
])('33 turns 400 %s into %i %s, without text from the server', async (error, status, code) => {
  const description = 'words-of-the-server'
  const { signIn, log } = createTestBff(
    json({ error, error_description: description, error_uri: `https://as.example.com/${description}` }, 400),
  )
  const response = await signIn()
  expect(response).toMatchObject({ status, body: { error: code } })
  expect(response.text + log.join('\n')).not.toContain(description)
  if (status !== 401) expect(log.at(-1)).toContain(`400 ${error === 'invalid_client' ? error : ''}`.trim())
})

it('33 keeps the session after an unknown error code', async () => {
  const { signIn, token, restore, endpoint, clock, log } = createTestBff(rotating())
  await signIn()
  endpoint.script(json({ error: 'account_needs_terms' }, 400))
  await clock.pass(901)
  expect(await token(1)).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })
  expect((await restore()).body.session).not.toBeNull()
  expect(log.at(-1)).toContain('400')
})

it('34 turns 401 invalid_client with a Basic challenge into server_error, without the challenge', async () => {
  const challenge = { 'WWW-Authenticate': 'Basic realm="as"' }
  for (const body of [{ error: 'invalid_client' }, { error: 'invalid_client', error_description: 'x' }]) {
    const { signIn } = createTestBff(json(body, 401, challenge))
    const response = await signIn()
    expect(response).toMatchObject({ status: 502, body: { error: 'server_error' } })
    expect(response.headers.get('WWW-Authenticate')).toBeNull()
  }
})

it.each([400, 401])(
  '35 distinguishes a rejected client from a rejected user when both get %i',
  async (status) => {
    const client = await createTestBff(json({ error: 'invalid_client' }, status)).signIn()
    expect(client).toMatchObject({ status: 502, body: { error: 'server_error' } })
    const user = await createTestBff(json({ error: 'invalid_grant' }, status)).signIn()
    expect(user).toMatchObject({ status: 401, body: { error: 'invalid_credentials' } })
  },
)

it.each([
  ['a status', { status: 401 }, json({ error: 'invalid_client' }, 401), 'invalid_credentials'],
  ['a code', { code: 'bad_login' }, json({ error: 'bad_login' }, 500), 'invalid_credentials'],
  [
    'a description text',
    { contains: 'locked' },
    json({ error: 'x', error_description: 'is locked' }, 500),
    'invalid_credentials',
  ],
])('35 follows the description when it maps %s to an outcome', async (_, rule, reply, error) => {
  const { signIn } = createTestBff(reply, {
    provider: createProvider({ errors: [{ ...rule, outcome: 'invalid_credentials' }] }),
  })
  expect((await signIn()).body.error).toBe(error)
  // The rule does not apply to other responses.
  const other = createTestBff(json({ error: 'invalid_client' }, 400), {
    provider: createProvider({ errors: [{ ...rule, outcome: 'invalid_credentials' }] }),
  })
  expect((await other.signIn()).body.error).toBe('server_error')
})

it('36 reads invalid_grant at a sign-in as a wrong password, and does not retry', async () => {
  const { signIn, endpoint } = createTestBff(invalidGrant)
  expect(await signIn()).toMatchObject({ status: 401, body: { error: 'invalid_credentials' } })
  expect(endpoint.requests).toHaveLength(1)
})

it('36 ends the session and removes its tokens from the store after invalid_grant for its refresh token', async () => {
  const clock = createClock()
  const store = memoryStore(clock)
  const keys: string[] = []
  const insert: typeof store.insert = (...all) => (keys.push(all[0]), store.insert(...all))
  const { signIn, token, restore, endpoint, jar } = createTestBff(
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
  const record = await store.read(keys[0] ?? '')
  const recordKeys = deriveRecordKeys(Buffer.from([...jar.values()][0] ?? '', 'base64url'))
  expect(JSON.parse((record && unseal(recordKeys, record.sealed)) ?? '')).toEqual({
    provider: 'oauth2 https://as.example.com/token',
    // The opaque name of the user.
    subject: expect.stringMatching(/^[\w-]+$/),
    ended: { reason: 'refresh_rejected', at: clock.now() },
  })
  expect((await restore()).body).toMatchObject({ session: null })
  expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
})

it.each(configurationErrorCodes)(
  '37 reads %s as a configuration error, and keeps the refresh token',
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

const neverRespond = (): Promise<Response> => new Promise(() => {})

const temporaryFailures = {
  'a broken connection': failWithCode('ECONNRESET'),
  'a refused connection': failWithCode('ECONNREFUSED'),
  'no response in time': neverRespond,
  '500': raw('<h1>Oops</h1>', 500),
  '502': raw('', 502),
  '503': raw('', 503),
  '504': raw('', 504),
  '429': json({ error: 'slow_down' }, 429),
}

it.each(Object.entries(temporaryFailures))(
  '38 keeps the session, and the token until it expires, through %s',
  async (_, reply) => {
    const { signIn, token, restore, endpoint, clock } = createTestBff(rotating(), {
      timeout: reply === neverRespond ? 0.3 : 8,
      platform: { startTimer: (...timer) => nodePlatform.startTimer(...timer) },
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

it('38 backs off longer after each failure, with jitter between sessions', async () => {
  const collectWaits = async (chance: number): Promise<number[]> => {
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
  const [short, long] = [await collectWaits(0), await collectWaits(255)]
  expect(short.toSorted((left, right) => left - right)).toEqual(short)
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

it('38 obeys the rate limit header that the description names', async () => {
  const rateLimit = { header: 'X-RateLimit-ResetAfter' }
  const { signIn, token, endpoint, clock } = createTestBff(rotating(), {
    provider: { ...createProvider(), resource: { rateLimit } },
  })
  await signIn()
  await clock.pass(901)
  endpoint.script(raw('', 429, { 'X-RateLimit-ResetAfter': '120' }))
  expect((await token(1)).body.retry_after).toBe(120)
})

it.each([
  ['HTML', '<h1>canary</h1>'],
  ['empty', ''],
  ['truncated', '{"access_token":"canary'],
  ['an array', '["canary"]'],
  ['a text', '"canary"'],
  ['null', 'null'],
  ['a form', 'access_token=canary&token_type=bearer'],
  ['two objects', '{"error":"canary"}{"error":"canary"}'],
])('39 reports a body that is %s with an error code, without its content', async (_, body) => {
  for (const status of [200, 400, 500]) {
    const { signIn, token, restore, endpoint, clock, log } = createTestBff(rotating())
    await signIn()
    endpoint.script(raw(body, status))
    await clock.pass(901)
    const responses = [await token(1), await signIn(), await restore()]
    expect(responses[0]).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })
    expect(responses[1]?.status).toBe(status === 400 ? 401 : 503)
    expect(responses[2]?.body.session).not.toBeNull()
    expect(log.join('\n') + responses.map(({ text }) => text).join('\n')).not.toContain('canary')
  }
})

it.each([[{}], [{ username: ['is locked'] }], [['a', 'b']], [[]], [7], [0], [true], [null], [''], ['\u{0}']])(
  '40 treats the error %j as unknown',
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
])('40 keeps an error_description that is %s from the page and the log', async (_, error_description) => {
  const outputs: string[] = []
  for (const error of ['invalid_grant', 'invalid_client', 'server_error', 'other']) {
    const { signIn, log } = createTestBff(json({ error, error_description }, 400))
    const { text, headers } = await signIn()
    outputs.push(text, JSON.stringify([...headers]), ...log)
  }
  expect(outputs.join('\n')).not.toContain('canary')
  for (const line of outputs) expect(line.length).toBeLessThan(1000)
})

it.each([
  ['invalid_grant', 401, 'invalid_credentials'],
  ['invalid_client', 502, 'server_error'],
  ['temporarily_unavailable', 503, 'temporarily_unavailable'],
])('41 reads 200 with the error %s and no token as a failure', async (error, status, code) => {
  const { signIn } = createTestBff(json({ error }))
  const response = await signIn()
  expect(response).toMatchObject({ status, body: { error: code } })
  expect(response.headers.get('Set-Cookie')).toBeNull()
})

it('41 ends the session after 200 invalid_grant at a refresh', async () => {
  const { signIn, token, sentRequests, endpoint, clock } = createRecordingBff(rotating())
  await signIn()
  endpoint.script(json({ error: 'invalid_grant', ...tokenResponse, access_token: undefined }))
  await clock.pass(901)
  expect((await token(1)).body.reason).toBe('refresh_rejected')
  expect(sentRequests).toHaveLength(2)
})
