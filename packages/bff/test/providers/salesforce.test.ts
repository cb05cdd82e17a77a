import { describe, expect, it } from 'vitest'
import type { BffOptions } from '../../src/index.ts'
import { salesforce } from '../../src/providers/index.ts'
import { createTestBff, credentials } from '../support/browser.ts'
import { sent, throughJson } from '../support/preset.ts'
import { getSignInRejection } from '../support/rejections.ts'
import { json } from '../support/token-endpoint.ts'

const options = { clientId: '3MVG9', clientSecret: '1955279925' }
const provider = salesforce(options)
const api = 'https://acme.my.salesforce.com'

const granted = {
  id: 'https://login.salesforce.com/id/00Dx0000000BV7z/005x00000012Q9P',
  issued_at: '1278448832702',
  instance_url: api,
  signature: '0CmxinZir53Yex7nE0TD+zMpvIWYGb/bdJh6XfOH6EQ=',
  access_token:
    '00Dx0000000BV7z!AR8AQAxo9UfVkh8AlV0Gomt9Czx9LjHnSSpwBMmbRcgKFmxOtvxjTrKW19ye6PE3Ds1eQz3z8jr3W7_VbWmEu4Q8TVGSTHxs',
  token_type: 'Bearer',
}

const proxied: Partial<BffOptions> = {
  provider,
  mode: 'proxy',
  proxy: [{ path: '/services/data/*', methods: ['GET'] }],
}

describe('salesforce()', () => {
  it.each([
    ['of production', provider],
    ['of a sandbox', salesforce({ ...options, site: 'https://test.salesforce.com' })],
  ])('%s is unchanged after a round trip through JSON', (_, description) => {
    expect(throughJson(description)).toStrictEqual(description)
  })

  it('appends the security token to the password, and sends the password alone without one', async () => {
    const { signIn, endpoint } = createTestBff(json(granted), { provider })
    await signIn({ credentials: { ...credentials, security_token: 'XXXXXXXXXX' } })
    await signIn()
    const url = 'https://login.salesforce.com/services/oauth2/token'
    const client = { client_id: '3MVG9', client_secret: '1955279925' }
    const form = { grant_type: 'password', username: 'cathy', ...client }
    expect(endpoint.requests.map(sent)).toEqual([
      { POST: url, form: { ...form, password: 'correct horseXXXXXXXXXX' } },
      { POST: url, form: { ...form, password: 'correct horse' } },
    ])
  })

  it('returns the user and the URL of the API to the page, and no other member', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(json(granted), { provider })
    const { body, text } = await signIn()
    expect(body).toMatchObject({
      session: { user: { id: granted.id, instance_url: api } },
      token: { token_type: 'Bearer', expires_in: null },
    })
    expect(text).not.toContain(granted.signature)
    await clock.pass(3600)
    await token(1)
    expect(endpoint.requests).toHaveLength(1)
  })

  it('uses the API of this user, and ends the session only after its code for an expired session', async () => {
    const { signIn, restore, bff, endpoint, jar, clock } = createTestBff(json(granted), proxied)
    await signIn()
    await clock.pass(60)
    const get = (path: string): Promise<Response> => {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
      const headers = { Cookie: cookie, 'X-Latchkey': '1', 'Sec-Fetch-Site': 'same-origin' }
      return bff.fetch(new Request(`https://portal.example.com${path}`, { headers }))
    }
    endpoint.script(json([{ message: 'x', errorCode: 'API_DISABLED_FOR_ORG' }], 401))
    expect((await get('/services/data/v60.0/')).status).toBe(401)
    const request = endpoint.requests.at(-1)
    expect(request?.url.href).toBe(`${api}/services/data/v60.0/`)
    expect(request?.headers.get('Authorization')).toBe(`Bearer ${granted.access_token}`)
    expect((await restore()).body.session).not.toBeNull()

    endpoint.script(json([{ message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' }], 401))
    const response = await get('/services/data/v60.0/')
    expect(await response.json()).toMatchObject({ error: 'login_required' })
    expect((await restore()).body.session).toBeNull()
  })

  it('rejects an instance_url outside Salesforce', async () => {
    const rejection = await getSignInRejection(
      provider,
      json({ ...granted, instance_url: 'https://evil.example' }),
    )
    expect(rejection).toMatchObject({ status: 502, error: 'server_error' })
    expect(rejection.log).toContain('hostSuffix')
  })

  it.each([
    ['invalid_grant', 'authentication failure'],
    ['inactive_user', 'user is inactive'],
  ])('treats %s, %s, as wrong credentials', async (error, error_description) => {
    const rejection = await getSignInRejection(provider, json({ error, error_description }, 400))
    expect(rejection).toMatchObject({ status: 401, error: 'invalid_credentials' })
  })

  it.each([
    ['invalid_grant', 'ip restricted or invalid login hours', 'the address of this server'],
    ['invalid_grant', "user hasn't approved this consumer", 'an administrator approved'],
    ['invalid_app_access', 'user is not admin approved to access this app', 'an administrator approved'],
  ])('explains %s, %s, as a user who may not sign in', async (error, error_description, hint) => {
    const rejection = await getSignInRejection(provider, json({ error, error_description }, 400))
    expect(rejection).toMatchObject({ status: 403, error: 'access_denied' })
    expect(rejection.log).toContain(hint)
  })

  it.each([
    ['unsupported_grant_type', 'grant type not supported', 'Allow OAuth Username-Password Flows'],
    ['invalid_client_id', 'client identifier invalid', 'consumer key'],
    ['invalid_client_credentials', 'client secret invalid', 'consumer secret'],
    ['invalid_client', 'invalid client credentials', 'client secret'],
    ['inactive_org', 'organization is inactive', 'the org'],
  ])('explains %s, %s, as a configuration error', async (error, error_description, hint) => {
    const rejection = await getSignInRejection(provider, json({ error, error_description }, 400))
    expect(rejection).toMatchObject({ status: 502, error: 'server_error' })
    expect(rejection.log).toContain(hint)
  })

  it('recognizes a rate limit', async () => {
    const reply = json({ error: 'rate_limit_exceeded', error_description: 'login rate exceeded' }, 400)
    expect(await getSignInRejection(provider, reply)).toMatchObject({ status: 429, error: 'rate_limited' })
  })
})
