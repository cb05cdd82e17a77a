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

/** The smallest description. */
const base: ProviderDescription = {
  id: 'own',
  client: { id, secret },
  token: { url },
  grants: { password: {}, refresh_token: {} },
  refresh: { mode: 'refresh_token' },
}
const tokens = { access_token: 'a', refresh_token: 'r', token_type: 'Bearer', expires_in: 900 }
const describeProvider = (change: Partial<ProviderDescription>): ProviderDescription =>
  throughJson({ ...base, ...change })

type GrantFields = NonNullable<ProviderDescription['grants'][string]>
type Map = NonNullable<NonNullable<ProviderDescription['errors']>['map']>

/** The request that a sign-in with this grant sends. */
async function signInSends(
  password: GrantFields,
  change: Partial<ProviderDescription> = {},
  request: object = {},
): Promise<Record<string, unknown>> {
  const provider = describeProvider({ grants: { password, refresh_token: {} }, ...change })
  const { signIn, endpoint } = createTestBff(json(tokens), { provider })
  expect((await signIn(request)).status).toBe(200)
  return sent(endpoint.requests[0])
}

/** The body of the response to a sign-in to which the token endpoint replies like this. */
async function getSignInBody(
  reply: Reply,
  change: Partial<ProviderDescription>,
): Promise<BrowserResponse['body']> {
  return (await createTestBff(reply, { provider: describeProvider(change) }).signIn()).body
}

describe('a grant of a description', () => {
  const authorization = basic(form(id), 's3cr%2Bt+%25%C2%A3')
  const post = { POST: url, authorization }
  const usual = { grant_type: 'password', ...credentials }
  const client = { client_id: id, client_secret: secret }
  const query = 'grant_type=password&username=cathy&password=correct+horse'
  const userBasic = basic('cathy', 'correct horse')

  it('sends a form by POST with Basic by default, for a refresh as well', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(json(tokens), { provider: describeProvider({}) })
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
    ['clientAuth post', { clientAuth: 'post' }, { POST: url, form: { ...usual, ...client } }],
    ['clientAuth none', { clientAuth: 'none' }, { POST: url, form: { ...usual, client_id: id } }],
    [
      'clientAuth user-basic',
      { clientAuth: 'user-basic' },
      { POST: url, authorization: userBasic, form: { grant_type: 'password' } },
    ],
    [
      'clientAuth query',
      { method: 'GET', clientAuth: 'query' },
      { GET: `${url}?${query}&client_id=my-client.1%3Aa&client_secret=s3cr%2Bt+%25%C2%A3` },
    ],
    ['encoding json', { encoding: 'json' }, { ...post, json: usual }],
    [
      'encoding json with clientAuth post',
      { encoding: 'json', clientAuth: 'post' },
      { POST: url, json: { ...usual, ...client } },
    ],
    ['encoding query', { encoding: 'query' }, { POST: `${url}?${query}`, authorization }],
    [
      'encoding none',
      { encoding: 'none', clientAuth: 'user-basic' },
      { POST: url, authorization: userBasic },
    ],
    ['method GET', { method: 'GET' }, { GET: `${url}?${query}`, authorization }],
    [
      'params with a literal and a template',
      { params: { audience: 'api', login: 'EU\\{username}', username: '{username}' } },
      { ...post, form: { ...usual, audience: 'api', login: 'EU\\cathy' } },
    ],
    [
      'a template that uses a field, without the field itself',
      { params: { login: '{username}' } },
      { ...post, form: { grant_type: 'password', login: 'cathy', password: 'correct horse' } },
    ],
    [
      'params with braces that are not placeholders',
      { params: { filter: '{"a":1}', none: '{}' } },
      { ...post, form: { ...usual, filter: '{"a":1}', none: '{}' } },
    ],
    ['no params that are empty', { params: { audience: '' } }, { ...post, form: usual }],
    [
      'a default scope',
      { scope: { default: ['read', 'a:b/C'] } },
      { ...post, form: { ...usual, scope: 'read a:b/C' } },
    ],
  ])('sends %s', async (_, grant, expected) => {
    expect(await signInSends(grant)).toEqual(expected)
  })

  it('sends the headers that it names', async () => {
    const provider = describeProvider({
      grants: { password: { headers: { 'X-Integration': '7', Accept: '*/*' } }, refresh_token: {} },
    })
    const { signIn, endpoint } = createTestBff(json(tokens), { provider })
    await signIn()
    expect(endpoint.requests[0]?.headers.get('X-Integration')).toBe('7')
    expect(endpoint.requests[0]?.headers.get('Accept')).toBe('*/*')
  })

  it('lets a page request only the scope that it allows', async () => {
    const scope = { default: ['read'], allowed: ['read', 'write'] }
    expect(await signInSends({ scope }, {}, { scope: ['write'] })).toMatchObject({ form: { scope: 'write' } })
    const { signIn } = createTestBff(json(tokens), {
      provider: describeProvider({ grants: { password: { scope }, refresh_token: {} } }),
    })
    expect(await signIn({ scope: ['admin'] })).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    })
  })

  it('does not treat what the user enters as a template, and sends it unchanged', async () => {
    const odd = { username: '{password}', password: ' +&=% é😀 {username} ' }
    const { signIn, endpoint } = createTestBff(json(tokens), {
      provider: describeProvider({
        grants: { password: { params: { login: 'x{username}' } }, refresh_token: {} },
      }),
    })
    await signIn({ credentials: odd })
    expect(sent(endpoint.requests[0])).toMatchObject({
      form: { login: 'x{password}', password: odd.password },
    })
    expect(endpoint.requests[0]?.body).toContain('password=+%2B%26%3D%25+%C3%A9%F0%9F%98%80+%7Busername%7D+')
  })

  it('keeps the query of the token endpoint with every encoding', async () => {
    const token = { url: `${url}?tenant=7` }
    expect(await signInSends({}, { token })).toHaveProperty(['POST'], `${url}?tenant=7`)
    expect((await signInSends({ method: 'GET' }, { token }))['GET']).toMatch(
      /\?tenant=7&grant_type=password&/,
    )
  })

  it('runs at sign-in when signInGrant names it', async () => {
    const { signIn, endpoint } = createTestBff(json(tokens), {
      provider: describeProvider({
        signInGrant: 'pin',
        grants: { pin: { grantType: 'urn:pin' }, refresh_token: {} },
      }),
    })
    await signIn()
    expect(endpoint.requests[0]?.parameters.get('grant_type')).toBe('urn:pin')
  })
})

describe('the login of a description', () => {
  const text = { label: 'Text', type: 'text' } as const
  const fields = { email: text, password: text, hint: { ...text, optional: true } }

  it('decides which fields are required, which are optional and which one names the user', async () => {
    const login = { fields, username: 'email' }
    const { signIn, endpoint } = createTestBff(json(tokens), { provider: describeProvider({ login }) })
    const entered = { email: 'c@x.example', password: 'p' }
    expect((await signIn({ credentials: entered })).body.session?.user).toEqual({ username: 'c@x.example' })
    await signIn({ credentials: { ...entered, hint: 'h' } })
    expect(endpoint.requests.map(sent)).toMatchObject([
      { form: { grant_type: 'password', ...entered } },
      { form: { grant_type: 'password', ...entered, hint: 'h' } },
    ])
    expect(endpoint.requests[0]?.parameters.has('hint')).toBe(false)
    for (const wrong of [{ email: 'c' }, { ...entered, email: '' }, { ...entered, role: 'admin' }])
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
  const entered = { client_id: 'cathy', client_secret: 'api secret' }

  it.each([
    ['post', { form: { grant_type: 'client_credentials', ...entered } }],
    ['basic', { authorization: basic('cathy', 'api+secret'), form: { grant_type: 'client_credentials' } }],
  ] as const)('makes the user the client, authenticated by %s', async (clientAuth, expected) => {
    const change = { ...userIsClient, grants: { client_credentials: { clientAuth } } }
    const { signIn, endpoint } = createTestBff(json(tokens), { provider: describeProvider(change) })
    expect((await signIn({ credentials: entered })).body.session?.user).toEqual({ username: 'cathy' })
    expect(sent(endpoint.requests[0])).toEqual({ POST: url, ...expected })
  })

  it('treats a rejected client as wrong credentials when the user is the client', async () => {
    const { signIn } = createTestBff(json({ error: 'invalid_client' }, 401), {
      provider: describeProvider(userIsClient),
    })
    expect((await signIn({ credentials: entered })).body.error).toBe('invalid_credentials')
  })

  it('stores credentials for the next token when it says so, and never returns them', async () => {
    const change = { ...userIsClient, refresh: { mode: 'reissue' as const, storeCredentials: true } }
    const { signIn, token, endpoint, clock } = createTestBff(json(tokens), {
      provider: describeProvider(change),
    })
    await signIn({ credentials: entered })
    endpoint.script(json({ ...tokens, access_token: 'b' }))
    await clock.pass(850)
    const response = await token(1)
    expect(response.body.token?.access_token).toBe('b')
    expect(response.text).not.toContain('api secret')
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
      'a value at a JSON pointer',
      json({ r: { t: 'tok', s: 'a b' }, token_type: 'Bearer' }),
      { fields: { access_token: '/r/t', scope: '/r/s' } },
      { session: { scope: ['a', 'b'] }, token: { access_token: 'tok' } },
    ],
    [
      'a member whose name has a slash and a tilde',
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
      json({ ...tokens, expires_in: 'soon', left: 70_000 }),
      { expiry: [{ from: '/expires_in', as: 'seconds' }, { from: '/left', as: 'ms' }, { seconds: 5 }] },
      { token: { expires_in: 70 } },
    ],
    [
      'refreshExpiry, at which the session ends',
      json({ ...tokens, refresh_expires_in: 1800 }),
      { refreshExpiry: [{ from: '/refresh_expires_in', as: 'seconds' }] },
      { session: { expires_in: 1800 } },
    ],
    [
      'refreshExpiry of 0 as a refresh token that does not expire',
      json({ ...tokens, refresh_expires_in: 0 }),
      { refreshExpiry: [{ from: '/refresh_expires_in', as: 'seconds' }] },
      { session: { expires_in: 43_200 } },
    ],
    [
      'user',
      json({ ...tokens, data: { id: 7, name: 'C' } }),
      { user: '/data' },
      { session: { user: { id: 7, name: 'C' } } },
    ],
    ['user that is missing', json(tokens), { user: '/data' }, { session: { user: null } }],
    [
      'extraUserFields of any name',
      json({ ...tokens, '.issued': 'x', 'https://a.example/roles': ['r'], other: 1, data: { id: 7 } }),
      { user: '/data', extraUserFields: ['.issued', 'https://a.example/roles', 'absent'] },
      { session: { user: { id: 7, '.issued': 'x', 'https://a.example/roles': ['r'] } } },
    ],
  ])('reads %s', async (_, reply, response, expected) => {
    const body = await getSignInBody(reply, { response })
    expect(body).toMatchObject(expected)
    expect(body.session?.user ?? {}).not.toHaveProperty('other')
  })

  it('reads the refresh token from where it says', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(
      json({ ...tokens, refresh_token: undefined, data: { renewal: 'r2' } }),
      { provider: describeProvider({ response: { fields: { refresh_token: '/data/renewal' } } }) },
    )
    await signIn()
    await clock.pass(850)
    await token(1)
    expect(endpoint.requests[1]?.parameters.get('refresh_token')).toBe('r2')
  })

  it('ignores the lifetime of the refresh token when sessions do not use it', async () => {
    const body = await getSignInBody(json({ ...tokens, refresh_expires_in: 60 }), {
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

  it.each(Object.entries(outcomes))('map an error to %s', async (outcome, [atSignIn, atRefresh]) => {
    const map: Map = [{ status: 418, outcome: outcome as Map[number]['outcome'] }]
    const { signIn, token, endpoint, clock } = createTestBff(raw('', 418), {
      provider: describeProvider({ errors: { map } }),
    })
    const first = await signIn()
    expect([first.status, first.body.error]).toEqual(atSignIn)
    endpoint.script(json(tokens), raw('', 418))
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
    ['contains, in another member', { contains: 'elsewhere', outcome: 'access_denied' }, false],
    [
      'everything that it names',
      { status: 400, code: 'E7', contains: 'locked', outcome: 'access_denied' },
      true,
    ],
    ['everything but one', { status: 400, code: 'E8', contains: 'locked', outcome: 'access_denied' }, false],
    ['during sign-in', { status: 400, during: 'sign-in', outcome: 'access_denied' }, true],
    ['during refresh', { status: 400, during: 'refresh', outcome: 'access_denied' }, false],
    ['nothing, which matches always', { outcome: 'access_denied' }, true],
  ])('match by %s', async (_, rule, isMatch) => {
    const body = { detail: { code: 'E7' }, notes: [7, 'Is locked out'], error_description: 'elsewhere' }
    const { error } = await getSignInBody(json(body, 400), {
      errors: { code: ['/error', '/detail/code'], description: ['/notes/1'], map: [rule] },
    })
    expect(error).toBe(isMatch ? 'access_denied' : 'invalid_credentials')
  })

  it('apply in order, before RFC 6749', async () => {
    const map: Map = [
      { code: 'invalid_client', status: 500, outcome: 'temporarily_unavailable' },
      { code: 'invalid_client', outcome: 'invalid_credentials' },
      { code: 'invalid_client', outcome: 'access_denied' },
    ]
    const { error } = await getSignInBody(json({ error: 'invalid_client' }, 400), { errors: { map } })
    expect(error).toBe('invalid_credentials')
  })

  it('write their hint to the log, not to the page, and nothing that the server wrote', async () => {
    const { signIn, log } = createTestBff(json({ error: 'odd', error_description: 'Secret words' }, 400), {
      provider: describeProvider({
        errors: {
          map: [{ code: 'odd', outcome: 'configuration_error', hint: 'switch it on in the console' }],
        },
      }),
    })
    const { text } = await signIn()
    expect(log.at(-1)).toContain('the token endpoint responded with 400: switch it on in the console')
    expect(`${log.join()}${text}`).not.toContain('Secret words')
    expect(text).not.toContain('console')
  })

  const otp = { label: 'Code', type: 'otp' } as const
  const withChallenge = (change: object): Partial<ProviderDescription> => ({
    grants: { password: {}, refresh_token: {}, otp: { grantType: 'urn:otp', params: { device: 'web' } } },
    errors: {
      challenges: [
        {
          when: { code: 'mfa' },
          fields: { otp },
          forward: { mfa_token: '/mfa/token' },
          grant: 'otp',
          ...change,
        },
      ],
    },
  })
  const mfa = json({ error: 'mfa', mfa: { token: 'half', kinds: ['totp'] } }, 403)

  it('require another step, whose request sends the continuation of the first response', async () => {
    const { signIn, endpoint } = createTestBff(mfa, { provider: describeProvider(withChallenge({})) })
    const first = await signIn()
    expect(first).toMatchObject({
      status: 401,
      body: { error: 'challenge_required', challenge: { fields: [{ name: 'otp' }] } },
    })
    expect(first.text).not.toContain('half')
    endpoint.script(json(tokens))
    await signIn({ credentials: { otp: '123456' }, challenge: first.body.challenge?.id })
    expect(sent(endpoint.requests[1])).toMatchObject({
      form: { grant_type: 'urn:otp', device: 'web', mfa_token: 'half', otp: '123456' },
    })
    expect(endpoint.requests[1]?.parameters.has('password')).toBe(false)
  })

  it('send all credentials again when the challenge runs the grant of the sign-in', async () => {
    const { signIn, endpoint } = createTestBff(mfa, {
      provider: describeProvider(withChallenge({ grant: 'password' })),
    })
    const { challenge } = (await signIn()).body
    endpoint.script(json(tokens))
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
      'has, not of `false`',
      { when: { has: '/mfa/on' } },
      json({ mfa: { token: 'x', on: false } }, 400),
      'invalid_credentials',
    ],
    ['both conditions, not one of two', { when: { status: 401, code: 'mfa' } }, mfa, 'invalid_credentials'],
    ['a response with the value that it forwards', {}, json({ error: 'mfa' }, 403), 'server_error'],
  ])('require another step by %s', async (_, challenge, reply, error) => {
    expect((await getSignInBody(reply, withChallenge(challenge))).error).toBe(error)
  })
})

describe('the refresh of a description', () => {
  const refreshWith = async (
    change: Partial<ProviderDescription>,
    second: Reply,
    first: Reply = json(tokens),
  ) => {
    const setup = createTestBff(first, { provider: describeProvider(change) })
    await setup.signIn()
    setup.endpoint.script(second)
    await setup.clock.pass(900)
    return { ...(await setup.token(1)), requests: setup.endpoint.requests.map(sent) }
  }

  it('with mode none makes the user sign in again', async () => {
    const { body, requests } = await refreshWith({ refresh: { mode: 'none' } }, json(tokens))
    expect(body).toMatchObject({ error: 'login_required', reason: 'no_refresh' })
    expect(requests).toHaveLength(1)
  })

  it('with mode refresh_token and no refresh token makes the user sign in again', async () => {
    const { body } = await refreshWith({}, json(tokens), json({ ...tokens, refresh_token: undefined }))
    expect(body).toMatchObject({ error: 'login_required', reason: 'no_refresh' })
  })

  it('with mode keep_alive sends the token to its endpoint', async () => {
    const refresh = { mode: 'keep_alive' as const, url: 'https://as.example.com/keep-alive' }
    const { body, requests } = await refreshWith({ refresh }, json({ ...tokens, access_token: 'b' }))
    expect(body.token).toMatchObject({ access_token: 'b', sequence: 2 })
    expect(requests[1]).toEqual({ POST: refresh.url, authorization: 'Bearer a' })
  })

  it('sends the parameters and the headers of its grant', async () => {
    const grants = {
      password: {},
      refresh_token: { grantType: 'renew', params: { platform: 'web' }, clientAuth: 'none' as const },
    }
    const { requests } = await refreshWith({ grants }, json(tokens))
    expect(requests[1]).toEqual({
      POST: url,
      form: { grant_type: 'renew', platform: 'web', refresh_token: 'r', client_id: id },
    })
  })
})

describe('the resource of a description', () => {
  it.each<[string, NonNullable<ProviderDescription['resource']>, Record<string, string>, string]>([
    ['Authorization with Bearer by default', {}, { authorization: 'Bearer a' }, ''],
    ['another scheme', { tokenPlacement: { scheme: 'OAuth2' } }, { authorization: 'OAuth2 a' }, ''],
    ['another header', { tokenPlacement: { header: 'X-Token', scheme: '' } }, { 'x-token': 'a' }, ''],
    ['the query', { tokenPlacement: { query: 'wstoken' } }, {}, '?wstoken=a'],
    ['further headers', { headers: { Accept: 'application/x' } }, { accept: 'application/x' }, ''],
  ])('sends a token by %s', async (_, resource, headers, query) => {
    const { send, received } = await createProxySetup(
      { provider: describeProvider({ resource }) },
      json(tokens),
    )
    await send('/api/me')
    expect(received[0]?.url).toBe(`https://api.example.com/v1/me${query}`)
    expect(Object.fromEntries(received[0]?.headers ?? [])).toMatchObject(headers)
    if (!('authorization' in headers) && 'tokenPlacement' in resource)
      expect(received[0]?.headers.get('authorization')).toBeNull()
  })

  it('names the scheme to a page in token mode, however the server spells it', async () => {
    const tokenPlacement = { scheme: 'Token' }
    const body = await getSignInBody(json({ ...tokens, token_type: 'token' }), {
      resource: { tokenPlacement },
    })
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
    'with %s of tokenRejection, treats %3$d with %4$j as a rejected token: %5$j',
    async (_, tokenRejection, status, body, isRejected) => {
      const resource = tokenRejection ? { tokenRejection } : {}
      const setup = await createProxySetup({ provider: describeProvider({ resource }) }, json(tokens))
      await setup.clock.pass(60)
      setup.endpoint.script(json({ ...tokens, access_token: 'b' }))
      setup.respondWith(({ headers }) =>
        headers.get('authorization') === 'Bearer a' ? Response.json(body, { status }) : new Response('ok'),
      )
      expect((await setup.send('/api/me')).status).toBe(isRejected ? 200 : status)
    },
  )

  const resource = { baseUrlFrom: { from: '/instance_url', hostSuffix: '.salesforce.example' } }
  it.each([
    ['https://acct.salesforce.example/services', undefined],
    ['https://acct.salesforce.example.evil.example', 'server_error'],
    ['https://evilsalesforce.example', 'server_error'],
    ['http://acct.salesforce.example', 'server_error'],
    ['https://u:p@acct.salesforce.example', 'server_error'],
    [undefined, 'server_error'],
    [7, 'server_error'],
  ])('accepts an API base URL only below its suffix: %s', async (instance, error) => {
    expect((await getSignInBody(json({ ...tokens, instance_url: instance }), { resource })).error).toBe(error)
  })

  it.each([
    ['s', '30', 30],
    ['ms', '1500', 2],
    ['s', 'soon', 5],
  ] as const)('reads how long to wait from its header, in %s: %s', async (unit, value, seconds) => {
    const { retry_after: wait } = await getSignInBody(raw('', 429, { 'X-Reset': value }), {
      resource: { rateLimit: { header: 'X-Reset', unit } },
    })
    expect(wait).toBe(seconds)
  })
})

describe('the revocation of a description', () => {
  it('authenticates the client, or sends the token itself', async () => {
    const revoke = 'https://as.example.com/revoke'
    for (const auth of ['client', 'bearer'] as const) {
      const setup = createTestBff(json(tokens), {
        provider: describeProvider({ revocation: { url: revoke, auth } }),
      })
      await setup.signIn()
      await setup.signOut()
      await setup.bff.close()
      expect(revokedAt(setup.endpoint)).toEqual([auth === 'client' ? 'r' : null])
      expect(sent(setup.endpoint.requests[1])['authorization']).toBe(
        auth === 'client' ? basic(form(id), 's3cr%2Bt+%25%C2%A3') : 'Bearer a',
      )
    }
  })
})

it.each([
  ['the smallest provider', base],
  ['oauth2()', oauth2({ tokenEndpoint: url, clientId: id, clientSecret: secret, scope: ['read'] })],
  ['axosoft()', axosoft({ site: 'https://a.example', clientId: id, clientSecret: secret })],
  ['classSuper()', classSuper({ business: 'B', scope: [], discovery: 'https://a.example' })],
])('a description of %s is unchanged after a round trip through JSON', (_, description) => {
  expect(throughJson(description)).toStrictEqual(description)
})
