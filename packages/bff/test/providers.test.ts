import { describe, expect, it } from 'vitest'
import type { ProviderDescription } from '../src/index.ts'
import { createBff } from '../src/index.ts'
import { axosoft, classSuper, oauth2 } from '../src/providers/index.ts'
import { createTestLogger, createTestBff } from './support/browser.ts'
import type { ReceivedRequest } from './support/token-endpoint.ts'
import { grantsOf, json } from './support/token-endpoint.ts'

const granted = json({ access_token: 'a', refresh_token: 'r', token_type: 'bearer', expires_in: 899 })

/** The requests of a sign-in and a refresh with this provider. */
async function listRequests(provider: ProviderDescription): Promise<ReceivedRequest[]> {
  const { signIn, token, endpoint, clock } = createTestBff(granted, { provider })
  expect((await signIn()).status).toBe(200)
  await clock.pass(850)
  await token(1)
  return endpoint.requests
}

const id = 'client:1'
const secret = 's3cr+t %£'
const tokenEndpoint = 'https://as.example.com/token'

describe('oauth2()', () => {
  it.each([
    ['basic', 'form', 'Basic Y2xpZW50JTNBMTpzM2NyJTJCdCslMjUlQzIlQTM='],
    ['basic', 'raw', `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`],
  ] as const)('authenticates the client by %s, encoded as %s', async (clientAuth, basicEncoding, header) => {
    const options = { tokenEndpoint, clientId: id, clientSecret: secret, clientAuth, basicEncoding }
    for (const { headers, parameters } of await listRequests(oauth2(options))) {
      expect(headers.get('Authorization')).toBe(header)
      expect(parameters.has('client_id') || parameters.has('client_secret')).toBe(false)
    }
  })

  it('sends the client in the body, its id alone, or no client', async () => {
    const readClient = async (options: object): Promise<(string | null)[][]> =>
      (await listRequests(oauth2({ tokenEndpoint, ...options }))).map(({ headers, parameters }) => [
        headers.get('Authorization'),
        parameters.get('client_id'),
        parameters.get('client_secret'),
      ])
    expect(await readClient({ clientId: id, clientSecret: secret, clientAuth: 'post' })).toEqual([
      [null, id, secret],
      [null, id, secret],
    ])
    expect(await readClient({ clientId: id })).toEqual([
      [null, id, null],
      [null, id, null],
    ])
    expect(await readClient({})).toEqual([
      [null, null, null],
      [null, null, null],
    ])
  })

  it('posts a form, accepts JSON, keeps the query of the endpoint, and sends params at sign-in only', async () => {
    const options = { tokenEndpoint: `${tokenEndpoint}?tenant=7`, params: { audience: 'api' } }
    const [signIn, refresh] = await listRequests(oauth2(options))
    expect(signIn?.method).toBe('POST')
    expect(signIn?.url.search).toBe('?tenant=7')
    expect(signIn?.headers.get('Accept')).toBe('application/json')
    expect(signIn?.headers.get('Content-Type')).toBe('application/x-www-form-urlencoded')
    expect([...(signIn?.parameters.keys() ?? [])]).toEqual(['grant_type', 'audience', 'username', 'password'])
    expect(Object.fromEntries(refresh?.parameters ?? [])).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'r',
    })
  })

  it('does not use refresh tokens with refresh: false', async () => {
    expect(await listRequests(oauth2({ tokenEndpoint, refresh: false }))).toHaveLength(1)
  })

  it('uses defaultLifetime and defaultTokenType when the response has neither', async () => {
    const provider = oauth2({ tokenEndpoint, defaultLifetime: 1200, defaultTokenType: 'Bearer' })
    const { signIn } = createTestBff(json({ access_token: 'a', expires_in: 'soon' }), { provider })
    expect((await signIn()).body.token).toMatchObject({ token_type: 'Bearer', expires_in: 1200 })
  })
})

describe('axosoft()', () => {
  const options = { site: 'https://acct.axosoft.com/', clientId: id, clientSecret: `\u{feff}${secret}\n` }

  it('sends one GET with everything in the query, as documented, and never refreshes', async () => {
    const requests = await listRequests(axosoft({ ...options, scope: ['read', 'write'] }))
    expect(requests).toHaveLength(1)
    expect(requests[0]?.method).toBe('GET')
    expect(`${requests[0]?.url.origin}${requests[0]?.url.pathname}`).toBe(
      'https://acct.axosoft.com/api/oauth2/token',
    )
    expect(Object.fromEntries(requests[0]?.parameters ?? [])).toEqual({
      grant_type: 'password',
      username: 'cathy',
      password: 'correct horse',
      client_id: id,
      client_secret: secret,
      scope: 'read write',
    })
  })

  it('sends a form with method: POST', async () => {
    const [request] = await listRequests(axosoft({ ...options, method: 'POST' }))
    expect(request?.method).toBe('POST')
    expect(request?.url.search).toBe('')
    expect(request?.parameters.get('client_secret')).toBe(secret)
  })
})

describe('classSuper()', () => {
  it('requests one business, by Basic without form encoding, and refreshes', async () => {
    const provider = classSuper({
      clientId: id,
      clientSecret: `${secret}\u{feff}`,
      business: 'OAUTH_TEST',
      scope: ['fund.read'],
    })
    const [signIn, refresh] = await listRequests(provider)
    expect(signIn?.url.href).toBe('https://app.class.com.au/connect/token')
    expect(signIn?.parameters.get('scope')).toBe('target:b/OAUTH_TEST fund.read')
    for (const request of [signIn, refresh])
      expect(request?.headers.get('Authorization')).toBe(
        `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
      )
    expect(refresh?.parameters.get('refresh_token')).toBe('r')
  })

  it('sends no client without a client id, and names the scheme that Class expects', async () => {
    const provider = classSuper({ business: 'B', scope: [] })
    const body = {
      access_token: 'a',
      token_type: 'bearer',
      expires_in: '899',
      scope: 'target:b/B offline_access',
    }
    const { signIn, endpoint } = createTestBff(json(body), { provider })
    expect((await signIn()).body).toMatchObject({
      session: { scope: ['target:b/B', 'offline_access'] },
      token: { token_type: 'Bearer', expires_in: 899 },
    })
    expect(endpoint.requests[0]?.headers.get('Authorization')).toBeNull()
    expect(grantsOf(endpoint, 'password')).toHaveLength(1)
  })
})

describe('createBff', () => {
  const logger = createTestLogger()
  const provider = oauth2({ tokenEndpoint })

  it('warns of the password grant once, at its creation', () => {
    const testLogger = createTestLogger()
    createBff({ provider, logger: testLogger, platform: { loggedKeys: new Set() } })
    expect(testLogger.lines).toHaveLength(1)
    expect(testLogger.lines[0]).toContain('RFC 9700 §2.4')
  })

  it.each([
    [{ basePath: 'auth' }, 'basePath: is not valid. Expected: a path such as "/auth"'],
    [{ basePath: '/auth/' }, 'basePath: is not valid. Expected: a path such as "/auth"'],
    [{ origin: 'https://portal.example.com/' }, 'origin: is not valid. Expected: a scheme and a host'],
    [{ origin: 'portal.example.com' }, 'origin: is not valid. Expected: a scheme and a host'],
    [{ secret: 'short' }, 'secret: is too short. Expected: a string of at least 32 characters'],
    [{ session: { idle: 0 } }, 'session.idle: is 0. Expected: a number of seconds above 0'],
    [{ session: { idle: 100, absolute: 10 } }, 'session.idle: is longer than session.absolute'],
    [{ mode: 'cookie' }, 'mode: is not valid. Expected: "token" or "proxy"'],
    [{ basepath: '/auth' }, 'basepath: is unknown. Did you mean basePath?'],
  ])('rejects the option %j with its name and the fix', (option, message) => {
    expect(() => createBff({ provider, logger, ...(option as object) })).toThrow(message)
  })
})
