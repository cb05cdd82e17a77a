import { describe, expect, it } from 'vitest'
import type { ProviderDescription } from '../src/index.ts'
import { axosoft, classSuper, oauth2 } from '../src/providers/index.ts'
import type { BrowserResponse } from './support/browser.ts'
import { createTestBff, credentials } from './support/browser.ts'
import { basic, sent, throughJson } from './support/preset.ts'
import { createProxySetup } from './support/proxy-setup.ts'
import type { Reply } from './support/token-endpoint.ts'
import { json, raw, revokedAt } from './support/token-endpoint.ts'

const id = 'my-client.1:a'
const secret = 's3cr+t %£'
const url = 'https://as.example.com/token'
const form = encodeURIComponent

/** As little as a description can say. */
const base: ProviderDescription = {
  id: 'own',
  client: { id, secret },
  token: { url },
  grants: { password: {}, refresh_token: {} },
  refresh: { mode: 'refresh_token' },
}
const good = { access_token: 'a', refresh_token: 'r', token_type: 'Bearer', expires_in: 900 }
const own = (change: Partial<ProviderDescription>): ProviderDescription => throughJson({ ...base, ...change })

type GrantFields = NonNullable<ProviderDescription['grants'][string]>
type Map = NonNullable<NonNullable<ProviderDescription['errors']>['map']>

/** What a sign-in with this grant sends. */
async function signInSends(
  password: GrantFields,
  change: Partial<ProviderDescription> = {},
  more: object = {},
): Promise<Record<string, unknown>> {
  const provider = own({ grants: { password, refresh_token: {} }, ...change })
  const { signIn, endpoint } = createTestBff(json(good), { provider })
  expect((await signIn(more)).status).toBe(200)
  return sent(endpoint.requests[0])
}

/** What a page hears of a sign-in that is answered like this. */
async function told(reply: Reply, change: Partial<ProviderDescription>): Promise<BrowserResponse['body']> {
  return (await createTestBff(reply, { provider: own(change) }).signIn()).body
}

describe('a grant of a description', () => {
  const authorization = basic(form(id), 's3cr%2Bt+%25%C2%A3')
  const post = { POST: url, authorization }
  const usual = { grant_type: 'password', ...credentials }
  const client = { client_id: id, client_secret: secret }
  const query = 'grant_type=password&username=cathy&password=correct+horse'
  const person = basic('cathy', 'correct horse')

  it('is a POST of a form with Basic unless it says otherwise, and the refresh likewise', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(json(good), { provider: own({}) })
    await signIn()
    await clock.pass(850)
    await token(1)
    expect(endpoint.requests.map(sent)).toEqual([
      { ...post, form: usual },
      { ...post, form: { grant_type: 'refresh_token', refresh_token: 'r' } },
    ])
    expect(endpoint.requests[0]?.headers.get('Accept')).toBe('application/json')
  })

  it.each<[string, GrantFields, Record<string, unknown>]>([
    ['grantType', { grantType: 'urn:x' }, { ...post, form: { ...usual, grant_type: 'urn:x' } }],
    [
      'basicEncoding raw',
      { basicEncoding: 'raw' },
      { POST: url, authorization: basic(id, secret), form: usual },
    ],
    ['clientAuth body', { clientAuth: 'post' }, { POST: url, form: { ...usual, ...client } }],
    ['clientAuth none', { clientAuth: 'none' }, { POST: url, form: { ...usual, client_id: id } }],
    [
      'clientAuth user-basic',
      { clientAuth: 'user-basic' },
      { POST: url, authorization: person, form: { grant_type: 'password' } },
    ],
    [
      'clientAuth query',
      { method: 'GET', clientAuth: 'query' },
      { GET: `${url}?${query}&client_id=my-client.1%3Aa&client_secret=s3cr%2Bt+%25%C2%A3` },
    ],
    ['encoding json', { encoding: 'json' }, { ...post, json: usual }],
    [
      'encoding json with clientAuth body',
      { encoding: 'json', clientAuth: 'post' },
      { POST: url, json: { ...usual, ...client } },
    ],
    ['encoding query', { encoding: 'query' }, { POST: `${url}?${query}`, authorization }],
    ['encoding none', { encoding: 'none', clientAuth: 'user-basic' }, { POST: url, authorization: person }],
    ['method GET', { method: 'GET' }, { GET: `${url}?${query}`, authorization }],
    [
      'params with a literal and a template',
      { params: { audience: 'api', login: 'EU\\{username}', username: '{username}' } },
      { ...post, form: { ...usual, audience: 'api', login: 'EU\\cathy' } },
    ],
    [
      'a field that a template uses, which is not sent by its own name',
      { params: { login: '{username}' } },
      { ...post, form: { grant_type: 'password', login: 'cathy', password: 'correct horse' } },
    ],
    [
      'braces that are no placeholder',
      { params: { filter: '{"a":1}', none: '{}' } },
      { ...post, form: { ...usual, filter: '{"a":1}', none: '{}' } },
    ],
    ['params that are empty, and so not sent', { params: { audience: '' } }, { ...post, form: usual }],
    [
      'a default scope',
      { scope: { default: ['read', 'a:b/C'] } },
      { ...post, form: { ...usual, scope: 'read a:b/C' } },
    ],
  ])('says %s', async (_, grant, expected) => {
    expect(await signInSends(grant)).toEqual(expected)
  })

  it('says which headers go along', async () => {
    const provider = own({
      grants: { password: { headers: { 'X-Integration': '7', Accept: '*/*' } }, refresh_token: {} },
    })
    const { signIn, endpoint } = createTestBff(json(good), { provider })
    await signIn()
    expect(endpoint.requests[0]?.headers.get('X-Integration')).toBe('7')
    expect(endpoint.requests[0]?.headers.get('Accept')).toBe('*/*')
  })

  it('says which scope a page may ask for', async () => {
    const scope = { default: ['read'], allowed: ['read', 'write'] }
    expect(await signInSends({ scope }, {}, { scope: ['write'] })).toMatchObject({ form: { scope: 'write' } })
    const { signIn } = createTestBff(json(good), {
      provider: own({ grants: { password: { scope }, refresh_token: {} } }),
    })
    expect(await signIn({ scope: ['admin'] })).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    })
  })

  it('does not read what a person types as a template, and sends it to the letter', async () => {
    const odd = { username: '{password}', password: ' +&=% é😀 {username} ' }
    const { signIn, endpoint } = createTestBff(json(good), {
      provider: own({ grants: { password: { params: { login: 'x{username}' } }, refresh_token: {} } }),
    })
    await signIn({ credentials: odd })
    expect(sent(endpoint.requests[0])).toMatchObject({
      form: { login: 'x{password}', password: odd.password },
    })
    expect(endpoint.requests[0]?.body).toContain('password=+%2B%26%3D%25+%C3%A9%F0%9F%98%80+%7Busername%7D+')
  })

  it('keeps the query that the token endpoint has, whatever the encoding', async () => {
    const token = { url: `${url}?tenant=7` }
    expect(await signInSends({}, { token })).toHaveProperty(['POST'], `${url}?tenant=7`)
    expect((await signInSends({ method: 'GET' }, { token }))['GET']).toMatch(
      /\?tenant=7&grant_type=password&/,
    )
  })

  it('is run by a sign-in when it is the primary one', async () => {
    const { signIn, endpoint } = createTestBff(json(good), {
      provider: own({ signInGrant: 'pin', grants: { pin: { grantType: 'urn:pin' }, refresh_token: {} } }),
    })
    await signIn()
    expect(endpoint.requests[0]?.parameters.get('grant_type')).toBe('urn:pin')
  })
})

describe('the login of a description', () => {
  const text = { label: 'Text', type: 'text' } as const
  const fields = { email: text, password: text, hint: { ...text, optional: true } }

  it('says what may be typed, what must be, and which field names the user', async () => {
    const login = { fields, username: 'email' }
    const { signIn, endpoint } = createTestBff(json(good), { provider: own({ login }) })
    const typed = { email: 'c@x.example', password: 'p' }
    expect((await signIn({ credentials: typed })).body.session?.user).toEqual({ username: 'c@x.example' })
    await signIn({ credentials: { ...typed, hint: 'h' } })
    expect(endpoint.requests.map(sent)).toMatchObject([
      { form: { grant_type: 'password', ...typed } },
      { form: { grant_type: 'password', ...typed, hint: 'h' } },
    ])
    expect(endpoint.requests[0]?.parameters.has('hint')).toBe(false)
    for (const wrong of [{ email: 'c' }, { ...typed, email: '' }, { ...typed, role: 'admin' }])
      expect(await signIn({ credentials: wrong })).toMatchObject({ status: 400 })
    expect(endpoint.requests).toHaveLength(2)
  })

  const userIsClient: Partial<ProviderDescription> = {
    client: undefined,
    login: { userIsClient: true, username: 'client_id', fields: { client_id: text, client_secret: text } },
    signInGrant: 'client_credentials',
    grants: { client_credentials: { clientAuth: 'post' } },
    refresh: { mode: 'none' },
  }
  const typed = { client_id: 'cathy', client_secret: 'api secret' }

  it.each([
    ['post', { form: { grant_type: 'client_credentials', ...typed } }],
    ['basic', { authorization: basic('cathy', 'api+secret'), form: { grant_type: 'client_credentials' } }],
  ] as const)('makes the person the client, who is shown by %s', async (clientAuth, expected) => {
    const change = { ...userIsClient, grants: { client_credentials: { clientAuth } } }
    const { signIn, endpoint } = createTestBff(json(good), { provider: own(change) })
    expect((await signIn({ credentials: typed })).body.session?.user).toEqual({ username: 'cathy' })
    expect(sent(endpoint.requests[0])).toEqual({ POST: url, ...expected })
  })

  it('takes a refusal of the client for wrong credentials, when the person is the client', async () => {
    const { signIn } = createTestBff(json({ error: 'invalid_client' }, 401), { provider: own(userIsClient) })
    expect((await signIn({ credentials: typed })).body.error).toBe('invalid_credentials')
  })

  it('keeps what was typed to ask again, where it says so, and nothing of it comes out', async () => {
    const change = { ...userIsClient, refresh: { mode: 'reissue' as const, storeCredentials: true } }
    const { signIn, token, endpoint, clock } = createTestBff(json(good), { provider: own(change) })
    await signIn({ credentials: typed })
    endpoint.script(json({ ...good, access_token: 'b' }))
    await clock.pass(850)
    const answer = await token(1)
    expect(answer.body.token?.access_token).toBe('b')
    expect(answer.text).not.toContain('api secret')
    expect(sent(endpoint.requests[1])).toEqual(sent(endpoint.requests[0]))
    endpoint.script(json({ error: 'invalid_client' }, 401))
    await clock.pass(850)
    expect((await token(2)).body).toMatchObject({ error: 'login_required', reason: 'refresh_rejected' })
  })
})

describe('the response of a description', () => {
  it.each<[string, Reply, NonNullable<ProviderDescription['response']>, object]>([
    [
      'json trailing-commas',
      raw('{"access_token":"a,}","token_type":"Bearer","expires_in":"3600",}'),
      { json: 'trailing-commas' },
      { token: { access_token: 'a,}', expires_in: 3600 } },
    ],
    [
      'a place in the body',
      json({ r: { t: 'tok', s: 'a b' }, token_type: 'Bearer' }),
      { fields: { access_token: '/r/t', scope: '/r/s' } },
      { session: { scope: ['a', 'b'] }, token: { access_token: 'tok' } },
    ],
    [
      'a place whose name has a slash and a tilde',
      json({ 'a/b~c': 'tok', token_type: 'Bearer' }),
      { fields: { access_token: '/a~1b~0c' } },
      { token: { access_token: 'tok' } },
    ],
    [
      'the whole body',
      json('tok'),
      { fields: { access_token: '' }, defaultTokenType: 'Bearer', expiry: [{ seconds: 60 }] },
      { token: { access_token: 'tok', expires_in: 60 } },
    ],
    [
      'a header',
      json({ id: 'u' }, 200, { Token: 'tok' }),
      { fields: { access_token: 'header:Token' }, defaultTokenType: 'Bearer' },
      { token: { access_token: 'tok', expires_in: null } },
    ],
    [
      'defaultTokenType',
      json({ access_token: 'tok' }),
      { defaultTokenType: 'Bearer' },
      { token: { token_type: 'Bearer' } },
    ],
    [
      'expiry',
      json({ ...good, expires_in: 'soon', left: 70_000 }),
      { expiry: [{ from: '/expires_in', as: 'seconds' }, { from: '/left', as: 'ms' }, { seconds: 5 }] },
      { token: { expires_in: 70 } },
    ],
    [
      'refreshExpiry, with which the session ends',
      json({ ...good, refresh_expires_in: 1800 }),
      { refreshExpiry: [{ from: '/refresh_expires_in', as: 'seconds' }] },
      { session: { expires_in: 1800 } },
    ],
    [
      'refreshExpiry of 0, which is none',
      json({ ...good, refresh_expires_in: 0 }),
      { refreshExpiry: [{ from: '/refresh_expires_in', as: 'seconds' }] },
      { session: { expires_in: 43_200 } },
    ],
    [
      'user',
      json({ ...good, data: { id: 7, name: 'C' } }),
      { user: '/data' },
      { session: { user: { id: 7, name: 'C' } } },
    ],
    ['user that is missing', json(good), { user: '/data' }, { session: { user: null } }],
    [
      'extras, whatever their names',
      json({ ...good, '.issued': 'x', 'https://a.example/roles': ['r'], other: 1, data: { id: 7 } }),
      { user: '/data', extraUserFields: ['.issued', 'https://a.example/roles', 'gone'] },
      { session: { user: { id: 7, '.issued': 'x', 'https://a.example/roles': ['r'] } } },
    ],
  ])('says %s', async (_, reply, response, expected) => {
    const body = await told(reply, { response })
    expect(body).toMatchObject(expected)
    expect(body.session?.user ?? {}).not.toHaveProperty('other')
  })

  it('says where the refresh token is', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(
      json({ ...good, refresh_token: undefined, data: { renewal: 'r2' } }),
      { provider: own({ response: { fields: { refresh_token: '/data/renewal' } } }) },
    )
    await signIn()
    await clock.pass(850)
    await token(1)
    expect(endpoint.requests[1]?.parameters.get('refresh_token')).toBe('r2')
  })

  it('gives a session without refresh the life that its owner gave it, whatever the refresh token has', async () => {
    const body = await told(json({ ...good, refresh_expires_in: 60 }), {
      response: { refreshExpiry: [{ from: '/refresh_expires_in', as: 'seconds' }] },
      refresh: { mode: 'none' },
    })
    expect(body.session?.expires_in).toBe(43_200)
  })
})

describe('the errors of a description', () => {
  const outcomes: Record<Map[number]['outcome'], [signIn: [number, string], refresh: [number, string]]> = {
    invalid_credentials: [
      [401, 'invalid_credentials'],
      [401, 'login_required'],
    ],
    session_ended: [
      [401, 'invalid_credentials'],
      [401, 'login_required'],
    ],
    configuration_error: [
      [502, 'server_error'],
      [502, 'server_error'],
    ],
    rate_limited: [
      [429, 'rate_limited'],
      [503, 'temporarily_unavailable'],
    ],
    temporarily_unavailable: [
      [503, 'temporarily_unavailable'],
      [503, 'temporarily_unavailable'],
    ],
    access_denied: [
      [403, 'access_denied'],
      [401, 'login_required'],
    ],
  }

  it.each(Object.entries(outcomes))('say that a failure means %s', async (outcome, [atSignIn, atRefresh]) => {
    const map: Map = [{ status: 418, outcome: outcome as Map[number]['outcome'] }]
    const { signIn, token, endpoint, clock } = createTestBff(raw('', 418), {
      provider: own({ errors: { map } }),
    })
    const first = await signIn()
    expect([first.status, first.body.error]).toEqual(atSignIn)
    endpoint.script(json(good), raw('', 418))
    await signIn()
    await clock.pass(900)
    const second = await token(1)
    expect([second.status, second.body.error]).toEqual(atRefresh)
  })

  it.each<[string, Map[number], boolean]>([
    ['status', { status: 400, outcome: 'access_denied' }, true],
    ['another status', { status: 401, outcome: 'access_denied' }, false],
    ['code', { code: 'E7', outcome: 'access_denied' }, true],
    ['another code', { code: 'e7', outcome: 'access_denied' }, false],
    ['contains, whatever the case', { contains: 'LOCKED OUT', outcome: 'access_denied' }, true],
    ['words of another place', { contains: 'elsewhere', outcome: 'access_denied' }, false],
    ['all that it names', { status: 400, code: 'E7', contains: 'locked', outcome: 'access_denied' }, true],
    ['all but one of it', { status: 400, code: 'E8', contains: 'locked', outcome: 'access_denied' }, false],
    ['on sign-in', { status: 400, during: 'sign-in', outcome: 'access_denied' }, true],
    ['on refresh', { status: 400, during: 'refresh', outcome: 'access_denied' }, false],
    ['everything', { outcome: 'access_denied' }, true],
  ])('fit by %s', async (_, rule, fits) => {
    const body = { detail: { code: 'E7' }, notes: [7, 'Is locked out'], error_description: 'elsewhere' }
    const { error } = await told(json(body, 400), {
      errors: { code: ['/error', '/detail/code'], description: ['/notes/1'], map: [rule] },
    })
    expect(error).toBe(fits ? 'access_denied' : 'invalid_credentials')
  })

  it('are tried in order, before what RFC 6749 says', async () => {
    const map: Map = [
      { code: 'invalid_client', status: 500, outcome: 'temporarily_unavailable' },
      { code: 'invalid_client', outcome: 'invalid_credentials' },
      { code: 'invalid_client', outcome: 'access_denied' },
    ]
    const { error } = await told(json({ error: 'invalid_client' }, 400), { errors: { map } })
    expect(error).toBe('invalid_credentials')
  })

  it('may give the operator a hint, which the page does not hear, and nothing of what the server wrote', async () => {
    const { signIn, log } = createTestBff(json({ error: 'odd', error_description: 'Secret words' }, 400), {
      provider: own({
        errors: {
          map: [{ code: 'odd', outcome: 'configuration_error', hint: 'switch it on in the console' }],
        },
      }),
    })
    const { text } = await signIn()
    expect(log.at(-1)).toContain('the token endpoint answered 400: switch it on in the console')
    expect(`${log.join()}${text}`).not.toContain('Secret words')
    expect(text).not.toContain('console')
  })

  const otp = { label: 'Code', type: 'otp' } as const
  const asking = (more: object): Partial<ProviderDescription> => ({
    grants: { password: {}, refresh_token: {}, otp: { grantType: 'urn:otp', params: { device: 'web' } } },
    errors: {
      challenges: [
        {
          when: { code: 'mfa' },
          fields: { otp },
          forward: { mfa_token: '/mfa/token' },
          grant: 'otp',
          ...more,
        },
      ],
    },
  })
  const mfa = json({ error: 'mfa', mfa: { token: 'half', kinds: ['totp'] } }, 403)

  it('may ask for more, and the second request carries what the first one gave', async () => {
    const { signIn, endpoint } = createTestBff(mfa, { provider: own(asking({})) })
    const first = await signIn()
    expect(first).toMatchObject({
      status: 401,
      body: { error: 'challenge_required', challenge: { fields: [{ name: 'otp' }] } },
    })
    expect(first.text).not.toContain('half')
    endpoint.script(json(good))
    await signIn({ credentials: { otp: '123456' }, challenge: first.body.challenge?.id })
    expect(sent(endpoint.requests[1])).toMatchObject({
      form: { grant_type: 'urn:otp', device: 'web', mfa_token: 'half', otp: '123456' },
    })
    expect(endpoint.requests[1]?.parameters.has('password')).toBe(false)
  })

  it('send everything typed again when the challenge runs the primary grant', async () => {
    const { signIn, endpoint } = createTestBff(mfa, { provider: own(asking({ grant: 'password' })) })
    const { challenge } = (await signIn()).body
    endpoint.script(json(good))
    await signIn({ credentials: { ...credentials, otp: '123456' }, challenge: challenge?.id })
    expect(sent(endpoint.requests[1])).toMatchObject({
      form: { grant_type: 'password', ...credentials, otp: '123456', mfa_token: 'half' },
    })
  })

  it.each<[string, object, Reply, string]>([
    ['status', { when: { status: 403 } }, mfa, 'challenge_required'],
    [
      'contains',
      { when: { contains: 'FACTOR' } },
      json({ error_description: 'Two factor', mfa: { token: 'x' } }, 400),
      'challenge_required',
    ],
    ['has', { when: { has: '/mfa/kinds' } }, mfa, 'challenge_required'],
    ['has, with status 200', { when: { has: '/mfa' } }, json({ mfa: { token: 'x' } }), 'challenge_required'],
    [
      'has, of something false',
      { when: { has: '/mfa/on' } },
      json({ mfa: { token: 'x', on: false } }, 400),
      'invalid_credentials',
    ],
    ['both of two', { when: { status: 401, code: 'mfa' } }, mfa, 'invalid_credentials'],
    ['an answer without what it carries', {}, json({ error: 'mfa' }, 403), 'server_error'],
  ])('may ask for more by %s', async (_, challenge, reply, error) => {
    expect((await told(reply, asking(challenge))).error).toBe(error)
  })
})

describe('the refresh of a description', () => {
  const at = async (change: Partial<ProviderDescription>, second: Reply, first: Reply = json(good)) => {
    const scene = createTestBff(first, { provider: own(change) })
    await scene.signIn()
    scene.endpoint.script(second)
    await scene.clock.pass(900)
    return { ...(await scene.token(1)), asked: scene.endpoint.requests.map(sent) }
  }

  it('none asks the person again', async () => {
    const { body, asked } = await at({ refresh: { mode: 'none' } }, json(good))
    expect(body).toMatchObject({ error: 'login_required', reason: 'no_refresh' })
    expect(asked).toHaveLength(1)
  })

  it('refresh_token asks the person again where none came', async () => {
    const { body } = await at({}, json(good), json({ ...good, refresh_token: undefined }))
    expect(body).toMatchObject({ error: 'login_required', reason: 'no_refresh' })
  })

  it('keep_alive shows the token to its own endpoint', async () => {
    const refresh = { mode: 'keep_alive' as const, url: 'https://as.example.com/keep-alive' }
    const { body, asked } = await at({ refresh }, json({ ...good, access_token: 'b' }))
    expect(body.token).toMatchObject({ access_token: 'b', sequence: 2 })
    expect(asked[1]).toEqual({ POST: refresh.url, authorization: 'Bearer a' })
  })

  it('sends the parameters and the headers of its grant', async () => {
    const grants = {
      password: {},
      refresh_token: { grantType: 'renew', params: { platform: 'web' }, clientAuth: 'none' as const },
    }
    const { asked } = await at({ grants }, json(good))
    expect(asked[1]).toEqual({
      POST: url,
      form: { grant_type: 'renew', platform: 'web', refresh_token: 'r', client_id: id },
    })
  })
})

describe('the resource of a description', () => {
  it.each<[string, NonNullable<ProviderDescription['resource']>, Record<string, string>, string]>([
    ['nothing', {}, { authorization: 'Bearer a' }, ''],
    ['a scheme', { tokenPlacement: { scheme: 'OAuth2' } }, { authorization: 'OAuth2 a' }, ''],
    ['a header', { tokenPlacement: { header: 'X-Token', scheme: '' } }, { 'x-token': 'a' }, ''],
    ['a place in the query', { tokenPlacement: { query: 'wstoken' } }, {}, '?wstoken=a'],
    ['headers', { headers: { Accept: 'application/x' } }, { accept: 'application/x' }, ''],
  ])('says %s of how a token is shown', async (_, resource, headers, query) => {
    const { send, received } = await createProxySetup({ provider: own({ resource }) }, json(good))
    await send('/api/me')
    expect(received[0]?.url).toBe(`https://api.example.com/v1/me${query}`)
    expect(Object.fromEntries(received[0]?.headers ?? [])).toMatchObject(headers)
    if (!('authorization' in headers) && 'attach' in resource)
      expect(received[0]?.headers.get('authorization')).toBeNull()
  })

  it('tells a page in token mode the scheme, however the server spells it', async () => {
    const attach = { scheme: 'Token' }
    const body = await told(json({ ...good, token_type: 'token' }), { resource: { tokenPlacement: attach } })
    expect(body.token?.token_type).toBe('Token')
  })

  it.each<[string, NonNullable<ProviderDescription['resource']>['tokenRejection'], number, unknown, boolean]>(
    [
      ['nothing', undefined, 401, {}, true],
      ['nothing', undefined, 403, {}, false],
      ['another status', { status: [419] }, 419, {}, true],
      ['another status', { status: [419] }, 401, {}, false],
      ['refreshIf', { refreshIf: { pointer: '/errorCode', in: [2] } }, 401, { errorCode: 2 }, true],
      ['refreshIf', { refreshIf: { pointer: '/errorCode', in: [2] } }, 401, { errorCode: 1 }, false],
      ['ignoreIf', { ignoreIf: { pointer: '/0/code', in: ['SCOPE'] } }, 401, [{ code: 'SCOPE' }], false],
      ['ignoreIf', { ignoreIf: { pointer: '/0/code', in: ['SCOPE'] } }, 401, [{ code: 'OLD' }], true],
    ],
  )(
    'that says %s of rejected tokens judges %3$d with %4$j',
    async (_, tokenRejection, status, body, rejected) => {
      const resource = tokenRejection ? { tokenRejection } : {}
      const scene = await createProxySetup({ provider: own({ resource }) }, json(good))
      await scene.clock.pass(60)
      scene.endpoint.script(json({ ...good, access_token: 'b' }))
      scene.respondWith(({ headers }) =>
        headers.get('authorization') === 'Bearer a' ? Response.json(body, { status }) : new Response('ok'),
      )
      expect((await scene.send('/api/me')).status).toBe(rejected ? 200 : status)
    },
  )

  const bases = { baseUrlFrom: { from: '/instance_url', hostSuffix: '.salesforce.example' } }
  it.each([
    ['https://acct.salesforce.example/services', undefined],
    ['https://acct.salesforce.example.evil.example', 'server_error'],
    ['https://evilsalesforce.example', 'server_error'],
    ['http://acct.salesforce.example', 'server_error'],
    ['https://u:p@acct.salesforce.example', 'server_error'],
    [undefined, 'server_error'],
    [7, 'server_error'],
  ])('takes the base %s of an answer, or not', async (instance, error) => {
    expect((await told(json({ ...good, instance_url: instance }), { resource: bases })).error).toBe(error)
  })

  it.each([
    ['s', '30', 30],
    ['ms', '1500', 2],
    ['s', 'soon', 5],
  ] as const)('names the header that tells how long to wait, in %s', async (unit, value, seconds) => {
    const { retry_after: wait } = await told(raw('', 429, { 'X-Reset': value }), {
      resource: { rateLimit: { header: 'X-Reset', unit } },
    })
    expect(wait).toBe(seconds)
  })
})

describe('the revocation of a description', () => {
  it('shows the client, or the token itself', async () => {
    const revoke = 'https://as.example.com/revoke'
    for (const auth of ['client', 'bearer'] as const) {
      const scene = createTestBff(json(good), { provider: own({ revocation: { url: revoke, auth } }) })
      await scene.signIn()
      await scene.signOut()
      await scene.bff.close()
      expect(revokedAt(scene.endpoint)).toEqual([auth === 'client' ? 'r' : null])
      expect(sent(scene.endpoint.requests[1])['authorization']).toBe(
        auth === 'client' ? basic(form(id), 's3cr%2Bt+%25%C2%A3') : 'Bearer a',
      )
    }
  })
})

it.each([
  ['as little as it can say', base],
  ['oauth2()', oauth2({ tokenEndpoint: url, clientId: id, clientSecret: secret, scope: ['read'] })],
  ['axosoft()', axosoft({ site: 'https://a.example', clientId: id, clientSecret: secret })],
  ['classSuper()', classSuper({ business: 'B', scope: [], discovery: 'https://a.example' })],
])('a description of %s is plain data: the same through JSON', (_, description) => {
  expect(throughJson(description)).toStrictEqual(description)
})
