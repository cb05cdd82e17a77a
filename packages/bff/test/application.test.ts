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

/** Tells callers by a header of their own, as an application tells them by its own session. */
const authorize: BffOptions['authorize'] = ({ headers }) => {
  const name = headers.get('X-Caller')
  return name === null ? null : { subject: name, user: { name } }
}

const options = {
  provider,
  authorize,
  dangerouslyGiveMachineTokenToBrowser: true,
} satisfies Partial<BffOptions>

/** Issues one token after another. */
function issuing(lifetime = 3600): Reply {
  let issued = 0
  return () =>
    Response.json({ access_token: `machine-${(issued += 1)}`, token_type: 'bearer', expires_in: lifetime })
}

const as = (browser: Browser, name: string, method = 'GET', path = '/session', body?: object) =>
  browser.ask(method, path, body, { 'X-Caller': name })

describe('a provider whose login is automatic', () => {
  it('gives every caller whom authorize admits the one token of the application', async () => {
    const scene = createTestBff(issuing(), options)
    const ada = await as(scene, 'ada')
    const bob = await as(scene.another(), 'bob')
    expect(ada.body).toMatchObject({
      session: { user: { name: 'ada' }, scope: ['campaigns'], expires_in: null },
      token: { access_token: 'machine-1', expires_in: 3600, sequence: 1 },
    })
    expect(bob.body.token).toEqual(ada.body.token)
    expect(bob.body.session?.subject).not.toBe(ada.body.session?.subject)
    expect(bob.body.session?.session_id).not.toBe(ada.body.session?.session_id)
    expect((await as(scene, 'ada')).body.session).toEqual(ada.body.session)
    expect(ada.headers.get('Set-Cookie')).toBeNull()
    expect(Object.fromEntries(scene.endpoint.requests[0]?.parameters ?? [])).toEqual({
      grant_type: 'client_credentials',
      scope: 'campaigns',
    })
    expect(scene.endpoint.requests).toHaveLength(1)
  })

  it('admits nobody of whom authorize knows nothing, at any route', async () => {
    const scene = createTestBff(issuing(), options)
    expect((await scene.restore()).body).toMatchObject({ session: null })
    for (const answer of [await scene.signIn({ credentials: {} }), await scene.token(0, 'some-session')])
      expect(answer).toMatchObject({ status: 403, body: { error: 'access_denied' } })
    expect(scene.endpoint.requests).toHaveLength(0)
  })

  it('admits nobody when authorize throws, and tells nobody why', async () => {
    const scene = createTestBff(issuing(), {
      ...options,
      authorize: () => {
        throw new Error('the directory is down')
      },
    })
    const answer = await scene.restore()
    expect(answer).toMatchObject({ status: 500, body: { error: 'server_error' } })
    expect(answer.text).not.toContain('directory')
    expect(scene.endpoint.requests).toHaveLength(0)
  })

  it('lets out at once whom authorize no longer admits', async () => {
    let admitted = true
    const scene = createTestBff(issuing(), {
      ...options,
      authorize: () => (admitted ? { subject: 'a' } : null),
    })
    const { body } = await scene.restore()
    admitted = false
    expect((await scene.restore()).body).toMatchObject({ session: null })
    expect((await scene.token(1, body.session?.session_id)).status).toBe(403)
  })

  it('shows authorize the request without its body', async () => {
    const seen: unknown[] = []
    const scene = createTestBff(issuing(), {
      ...options,
      authorize: async (request) => {
        seen.push(request.method, await request.text())
        return { subject: 'a' }
      },
    })
    await scene.signIn({ credentials: {} })
    expect(seen).toEqual(['POST', ''])
  })

  it('asks for its first token once, however many callers of however many processes want one', async () => {
    const { reply, release } = hangUntilReleased(issuing())
    const store = memoryStore()
    const one = createTestBff(reply, { ...options, store })
    const platform = { fetch: one.endpoint.fetch, now: one.clock.now, sleep: one.clock.sleep }
    const two = createBrowser(createBff({ ...options, store, platform, logger: createTestLogger() }))
    const answers = Array.from({ length: 40 }, (_, index) => as(index % 2 ? one : two, `caller-${index}`))
    await one.clock.pass(1)
    release()
    let answered = false
    const all = Promise.all(answers).finally(() => (answered = true))
    while (!answered) await one.clock.pass(0.1)
    const tokens = (await all).map(({ body }) => body.token?.access_token)
    expect(new Set(tokens)).toEqual(new Set(['machine-1']))
    expect(one.endpoint.requests).toHaveLength(1)
  })

  it('asks again before the token ends, and once for all', async () => {
    const scene = createTestBff(issuing(), options)
    const { body } = await as(scene, 'ada')
    await scene.clock.pass(3550)
    const answers = await Promise.all([as(scene, 'ada'), as(scene, 'bob'), as(scene, 'cy')])
    expect(answers.map((answer) => answer.body.token?.access_token)).toEqual([
      'machine-2',
      'machine-2',
      'machine-2',
    ])
    expect(answers[0]?.body.session).toEqual(body.session)
    expect(scene.endpoint.requests).toHaveLength(2)
  })

  it('asks again for the caller whose token was rejected, and not for the next who is behind', async () => {
    const scene = createTestBff(issuing(), options)
    const ada = (await as(scene, 'ada')).body.session?.session_id
    const bob = (await as(scene, 'bob')).body.session?.session_id
    await scene.clock.pass(60)
    const wanted = (name: string, session_id?: string) =>
      as(scene, name, 'POST', '/token', { session_id, after: 1 })
    expect((await wanted('ada', ada)).body.token).toMatchObject({ access_token: 'machine-2', sequence: 2 })
    expect((await wanted('bob', bob)).body.token).toMatchObject({ access_token: 'machine-2', sequence: 2 })
    expect(scene.endpoint.requests).toHaveLength(2)
    expect(await wanted('bob', ada)).toMatchObject({ status: 401, body: { reason: 'session_changed' } })
  })

  it('has nothing to end at a sign-out, which is no failure', async () => {
    const scene = createTestBff(issuing(), options)
    await as(scene, 'ada')
    expect((await as(scene, 'ada', 'DELETE')).status).toBe(204)
    expect((await as(scene, 'ada')).body.token?.access_token).toBe('machine-1')
  })

  it.each([
    ['a refusal', json({ error: 'invalid_client' }, 401), 502, 'server_error'],
    ['an empty refusal', raw('', 400), 502, 'server_error'],
    ['a broken connection', failWithCode('ECONNRESET'), 503, 'temporarily_unavailable'],
    ['an outage', raw('', 503), 503, 'temporarily_unavailable'],
  ])(
    'knows its callers through %s, which whoever wants the token is told of',
    async (_, reply, status, error) => {
      const scene = createTestBff(reply, options)
      const { body } = await as(scene, 'ada')
      expect(body).toMatchObject({ session: { user: { name: 'ada' } } })
      expect(body.token).toBeUndefined()
      const request = { session_id: body.session?.session_id, after: 0 }
      expect(await as(scene, 'ada', 'POST', '/token', request)).toMatchObject({ status, body: { error } })
      expect(scene.log.join()).not.toContain('s3cret')
      scene.endpoint.script(issuing())
      await scene.clock.pass(60)
      expect((await as(scene, 'ada')).body.token?.access_token).toBe('machine-1')
    },
  )

  it.each([403, 423])(
    'is refused for a reason that no caller can mend (%i), and nobody is signed out',
    async (status) => {
      const errors = { map: [{ status, outcome: 'access_denied' as const }] }
      const scene = createTestBff(raw('', status), { ...options, provider: { ...provider, errors } })
      const { body } = await as(scene, 'ada')
      const request = { session_id: body.session?.session_id, after: 0 }
      expect(await as(scene, 'ada', 'POST', '/token', request)).toMatchObject({
        status: 502,
        body: { error: 'server_error' },
      })
    },
  )

  it('keeps a token that is still good through an outage', async () => {
    const scene = createTestBff(issuing(), options)
    await as(scene, 'ada')
    scene.endpoint.script(raw('', 503))
    await scene.clock.pass(3550)
    expect((await as(scene, 'ada')).body.token).toMatchObject({ access_token: 'machine-1', expires_in: 50 })
  })

  it('is refused without authorize, and in token mode unless that is said in so many words', () => {
    const make = (more: object) => () => createBff({ provider, logger: createTestLogger(), ...more })
    expect(make({ mode: 'proxy' })).toThrow('authorize: is missing')
    expect(make({ authorize })).toThrow('mode: is "token". Expected: "proxy"')
    expect(make({ authorize, mode: 'proxy' })).not.toThrow()
    const form = { provider: oauth2({ tokenEndpoint: 'https://as.example.com/token' }) }
    expect(make({ ...form, authorize })).toThrow('authorize: is not allowed')
    expect(make({ ...form, dangerouslyGiveMachineTokenToBrowser: true })).toThrow(
      'dangerouslyGiveMachineTokenToBrowser: is true. Expected: false',
    )
  })

  it('does not warn of the password grant, which it does not use', () => {
    const notes = createTestLogger()
    createBff({ provider, authorize, mode: 'proxy', logger: notes })
    expect(notes.lines).toEqual([])
  })
})

describe('an application whose token came with a refresh token', () => {
  const scene = () => {
    let issued = 0
    const reply: Reply = ({ parameters }) =>
      parameters.get('refresh_token') === 'dead'
        ? Response.json({ error: 'invalid_grant' }, { status: 400 })
        : Response.json({
            access_token: `machine-${(issued += 1)}`,
            token_type: 'bearer',
            expires_in: 3600,
            refresh_token: issued < 2 ? 'good' : 'dead',
          })
    return createTestBff(reply, { ...options, provider: classy({ clientId: 'c', clientSecret: 's' }) })
  }

  it('refreshes with it, and asks again from the start when it is refused', async () => {
    const { clock, endpoint, ...browser } = scene()
    await as(browser, 'ada')
    await clock.pass(3550)
    expect((await as(browser, 'ada')).body.token?.access_token).toBe('machine-2')
    await clock.pass(3550)
    expect((await as(browser, 'ada')).body.token?.access_token).toBe('machine-3')
    expect(endpoint.requests.map(({ parameters }) => parameters.get('grant_type'))).toEqual([
      'client_credentials',
      'refresh_token',
      'refresh_token',
      'client_credentials',
    ])
    expect(
      grantsOf(endpoint, 'refresh_token').map(({ parameters }) => parameters.get('refresh_token')),
    ).toEqual(['good', 'dead'])
  })
})

describe('an application in mode proxy', () => {
  it('uses its token for callers who never see it', async () => {
    const api: Reply = ({ headers }) => Response.json({ seen: headers.get('Authorization') })
    const issue = issuing()
    const scene = createTestBff((asked) => (asked.url.pathname === '/token' ? issue(asked) : api(asked)), {
      provider,
      authorize,
      mode: 'proxy',
      proxy: [{ path: '/api/*', to: 'https://api.example.com/*', methods: ['GET'] }],
    })
    const restored = await as(scene, 'ada')
    expect(restored.body.session).toMatchObject({ user: { name: 'ada' } })
    expect(restored.text).not.toContain('machine-')
    const through = async (headers: Record<string, string>) =>
      scene.bff.fetch(
        new Request('https://portal.example.com/api/campaigns', {
          headers: { 'X-Latchkey': '1', ...headers },
        }),
      )
    expect(await (await through({ 'X-Caller': 'ada' })).json()).toEqual({ seen: 'Bearer machine-1' })
    expect((await through({})).status).toBe(403)
  })
})
