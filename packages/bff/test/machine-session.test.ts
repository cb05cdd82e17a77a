import { describe, expect, it } from 'vitest'
import type { BffOptions } from '../src/index.ts'
import { createBff, memoryStore } from '../src/index.ts'
import { classy, oauth2 } from '../src/providers/index.ts'
import type { Browser } from './support/browser.ts'
import { createBrowser, createTestLogger, createTestBff } from './support/browser.ts'
import type { Reply } from './support/token-endpoint.ts'
import { failWithCode, grantsOf, hangUntilReleased, json, raw } from './support/token-endpoint.ts'

const provider = oauth2({
  grant: 'client_credentials',
  tokenEndpoint: 'https://as.example.com/token',
  clientId: 'portal',
  clientSecret: 's3cret',
  scope: ['campaigns'],
})

/** Identifies callers by a header, as an application would by its own session. */
const authorize: BffOptions['authorize'] = ({ headers }) => {
  const name = headers.get('X-Caller')
  return name === null ? null : { subject: name, user: { name } }
}

const options = {
  provider,
  authorize,
  dangerouslyGiveMachineTokenToBrowser: true,
} satisfies Partial<BffOptions>

/** Issues a new token for every request. */
function issuing(lifetime = 3600): Reply {
  let issued = 0
  return () =>
    Response.json({ access_token: `machine-${(issued += 1)}`, token_type: 'bearer', expires_in: lifetime })
}

const sendAs = (browser: Browser, name: string, method = 'GET', path = '/session', body?: object) =>
  browser.sendRequest(method, path, body, { 'X-Caller': name })

describe('a provider whose login is automatic', () => {
  it('gives every caller that authorize accepts the same machine token', async () => {
    const setup = createTestBff(issuing(), options)
    const ada = await sendAs(setup, 'ada')
    const bob = await sendAs(setup.openBrowser(), 'bob')
    expect(ada.body).toMatchObject({
      session: { user: { name: 'ada' }, scope: ['campaigns'], expires_in: null },
      token: { access_token: 'machine-1', expires_in: 3600, sequence: 1 },
    })
    expect(bob.body.token).toEqual(ada.body.token)
    expect(bob.body.session?.subject).not.toBe(ada.body.session?.subject)
    expect(bob.body.session?.session_id).not.toBe(ada.body.session?.session_id)
    expect((await sendAs(setup, 'ada')).body.session).toEqual(ada.body.session)
    expect(ada.headers.get('Set-Cookie')).toBeNull()
    expect(Object.fromEntries(setup.endpoint.requests[0]?.parameters ?? [])).toEqual({
      grant_type: 'client_credentials',
      scope: 'campaigns',
    })
    expect(setup.endpoint.requests).toHaveLength(1)
  })

  it('rejects callers that authorize rejects, at every route', async () => {
    const setup = createTestBff(issuing(), options)
    expect((await setup.restore()).body).toMatchObject({ session: null })
    for (const response of [await setup.signIn({ credentials: {} }), await setup.token(0, 'some-session')])
      expect(response).toMatchObject({ status: 403, body: { error: 'access_denied' } })
    expect(setup.endpoint.requests).toHaveLength(0)
  })

  it('rejects callers when authorize throws, without the details', async () => {
    const setup = createTestBff(issuing(), {
      ...options,
      authorize: () => {
        throw new Error('the directory is down')
      },
    })
    const response = await setup.restore()
    expect(response).toMatchObject({ status: 500, body: { error: 'server_error' } })
    expect(response.text).not.toContain('directory')
    expect(setup.endpoint.requests).toHaveLength(0)
  })

  it('rejects a caller as soon as authorize rejects it', async () => {
    let isAccepted = true
    const setup = createTestBff(issuing(), {
      ...options,
      authorize: () => (isAccepted ? { subject: 'a' } : null),
    })
    const { body } = await setup.restore()
    isAccepted = false
    expect((await setup.restore()).body).toMatchObject({ session: null })
    expect((await setup.token(1, body.session?.session_id)).status).toBe(403)
  })

  it('passes authorize the request without its body', async () => {
    const received: unknown[] = []
    const setup = createTestBff(issuing(), {
      ...options,
      authorize: async (request) => {
        received.push(request.method, await request.text())
        return { subject: 'a' }
      },
    })
    await setup.signIn({ credentials: {} })
    expect(received).toEqual(['POST', ''])
  })

  it('runs one grant for the first token, even for many callers of several processes', async () => {
    const { reply, release } = hangUntilReleased(issuing())
    const store = memoryStore()
    const one = createTestBff(reply, { ...options, store })
    const platform = { fetch: one.endpoint.fetch, now: one.clock.now, sleep: one.clock.sleep }
    const two = createBrowser(createBff({ ...options, store, platform, logger: createTestLogger() }))
    const responses = Array.from({ length: 40 }, (_, index) =>
      sendAs(index % 2 ? one : two, `caller-${index}`),
    )
    await one.clock.pass(1)
    release()
    let isDone = false
    const all = Promise.all(responses).finally(() => (isDone = true))
    while (!isDone) await one.clock.pass(0.1)
    const tokens = (await all).map(({ body }) => body.token?.access_token)
    expect(new Set(tokens)).toEqual(new Set(['machine-1']))
    expect(one.endpoint.requests).toHaveLength(1)
  })

  it('runs one grant for all callers before the token expires', async () => {
    const setup = createTestBff(issuing(), options)
    const { body } = await sendAs(setup, 'ada')
    await setup.clock.pass(3550)
    const responses = await Promise.all([sendAs(setup, 'ada'), sendAs(setup, 'bob'), sendAs(setup, 'cy')])
    expect(responses.map((response) => response.body.token?.access_token)).toEqual([
      'machine-2',
      'machine-2',
      'machine-2',
    ])
    expect(responses[0]?.body.session).toEqual(body.session)
    expect(setup.endpoint.requests).toHaveLength(2)
  })

  it('runs one grant for a rejected token, also when another caller reports the same token', async () => {
    const setup = createTestBff(issuing(), options)
    const ada = (await sendAs(setup, 'ada')).body.session?.session_id
    const bob = (await sendAs(setup, 'bob')).body.session?.session_id
    await setup.clock.pass(60)
    const requestToken = (name: string, session_id?: string) =>
      sendAs(setup, name, 'POST', '/token', { session_id, after: 1 })
    expect((await requestToken('ada', ada)).body.token).toMatchObject({
      access_token: 'machine-2',
      sequence: 2,
    })
    expect((await requestToken('bob', bob)).body.token).toMatchObject({
      access_token: 'machine-2',
      sequence: 2,
    })
    expect(setup.endpoint.requests).toHaveLength(2)
    expect(await requestToken('bob', ada)).toMatchObject({ status: 401, body: { reason: 'session_changed' } })
  })

  it('responds with 204 to a sign-out and ends nothing', async () => {
    const setup = createTestBff(issuing(), options)
    await sendAs(setup, 'ada')
    expect((await sendAs(setup, 'ada', 'DELETE')).status).toBe(204)
    expect((await sendAs(setup, 'ada')).body.token?.access_token).toBe('machine-1')
  })

  it.each([
    ['a rejected client', json({ error: 'invalid_client' }, 401), 502, 'server_error'],
    ['an empty 400', raw('', 400), 502, 'server_error'],
    ['a broken connection', failWithCode('ECONNRESET'), 503, 'temporarily_unavailable'],
    ['an outage', raw('', 503), 503, 'temporarily_unavailable'],
  ])(
    'describes its callers while %s prevents a token, and reports it to requests for the token',
    async (_, reply, status, error) => {
      const setup = createTestBff(reply, options)
      const { body } = await sendAs(setup, 'ada')
      expect(body).toMatchObject({ session: { user: { name: 'ada' } } })
      expect(body.token).toBeUndefined()
      const request = { session_id: body.session?.session_id, after: 0 }
      expect(await sendAs(setup, 'ada', 'POST', '/token', request)).toMatchObject({ status, body: { error } })
      expect(setup.log.join()).not.toContain('s3cret')
      setup.endpoint.script(issuing())
      await setup.clock.pass(60)
      expect((await sendAs(setup, 'ada')).body.token?.access_token).toBe('machine-1')
    },
  )

  it.each([403, 423])(
    'responds with server_error when the token endpoint denies access (%i), and keeps the session',
    async (status) => {
      const errors = { map: [{ status, outcome: 'access_denied' as const }] }
      const setup = createTestBff(raw('', status), { ...options, provider: { ...provider, errors } })
      const { body } = await sendAs(setup, 'ada')
      const request = { session_id: body.session?.session_id, after: 0 }
      expect(await sendAs(setup, 'ada', 'POST', '/token', request)).toMatchObject({
        status: 502,
        body: { error: 'server_error' },
      })
    },
  )

  it('keeps a valid token during an outage', async () => {
    const setup = createTestBff(issuing(), options)
    await sendAs(setup, 'ada')
    setup.endpoint.script(raw('', 503))
    await setup.clock.pass(3550)
    expect((await sendAs(setup, 'ada')).body.token).toMatchObject({
      access_token: 'machine-1',
      expires_in: 50,
    })
  })

  it('needs authorize, and proxy mode unless dangerouslyGiveMachineTokenToBrowser is set', () => {
    const create = (changes: object) => () => createBff({ provider, logger: createTestLogger(), ...changes })
    expect(create({ mode: 'proxy' })).toThrow('authorize: ')
    expect(create({ authorize })).toThrow('mode: ')
    expect(create({ authorize, mode: 'proxy' })).not.toThrow()
    const form = { provider: oauth2({ tokenEndpoint: 'https://as.example.com/token' }) }
    expect(create({ ...form, authorize })).toThrow('authorize: ')
    expect(create({ ...form, dangerouslyGiveMachineTokenToBrowser: true })).toThrow(
      'dangerouslyGiveMachineTokenToBrowser: ',
    )
  })

  it('logs no notice about the password grant', () => {
    const logger = createTestLogger()
    createBff({ provider, authorize, mode: 'proxy', logger })
    expect(logger.lines).toEqual([])
  })
})

describe('a machine token with a refresh token', () => {
  const createSetup = () => {
    let issued = 0
    const reply: Reply = ({ parameters }) =>
      parameters.get('refresh_token') === 'expired'
        ? Response.json({ error: 'invalid_grant' }, { status: 400 })
        : Response.json({
            access_token: `machine-${(issued += 1)}`,
            token_type: 'bearer',
            expires_in: 3600,
            refresh_token: issued < 2 ? 'valid' : 'expired',
          })
    return createTestBff(reply, { ...options, provider: classy({ clientId: 'c', clientSecret: 's' }) })
  }

  it('is refreshed with it, and issued anew when that is rejected', async () => {
    const { clock, endpoint, ...browser } = createSetup()
    await sendAs(browser, 'ada')
    await clock.pass(3550)
    expect((await sendAs(browser, 'ada')).body.token?.access_token).toBe('machine-2')
    await clock.pass(3550)
    expect((await sendAs(browser, 'ada')).body.token?.access_token).toBe('machine-3')
    expect(endpoint.requests.map(({ parameters }) => parameters.get('grant_type'))).toEqual([
      'client_credentials',
      'refresh_token',
      'refresh_token',
      'client_credentials',
    ])
    expect(
      grantsOf(endpoint, 'refresh_token').map(({ parameters }) => parameters.get('refresh_token')),
    ).toEqual(['valid', 'expired'])
  })
})

describe('a machine token in proxy mode', () => {
  it('is used for accepted callers and never sent to the browser', async () => {
    const api: Reply = ({ headers }) => Response.json({ authorization: headers.get('Authorization') })
    const issue = issuing()
    const setup = createTestBff(
      (request) => (request.url.pathname === '/token' ? issue(request) : api(request)),
      {
        provider,
        authorize,
        mode: 'proxy',
        proxy: [{ path: '/api/*', to: 'https://api.example.com/*', methods: ['GET'] }],
      },
    )
    const restored = await sendAs(setup, 'ada')
    expect(restored.body.session).toMatchObject({ user: { name: 'ada' } })
    expect(restored.text).not.toContain('machine-')
    const fetchThroughProxy = async (headers: Record<string, string>) =>
      setup.bff.fetch(
        new Request('https://portal.example.com/api/campaigns', {
          headers: { 'X-Latchkey': '1', ...headers },
        }),
      )
    expect(await (await fetchThroughProxy({ 'X-Caller': 'ada' })).json()).toEqual({
      authorization: 'Bearer machine-1',
    })
    expect((await fetchThroughProxy({})).status).toBe(403)
  })
})
