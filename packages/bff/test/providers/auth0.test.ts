import { describe, expect, it } from 'vitest'
import { auth0 } from '../../src/providers/index.ts'
import { createTestBff, credentials } from '../support/browser.ts'
import { sent, throughJson } from '../support/preset.ts'
import { getRefreshRejection, getSignInRejection, withDiscovery } from '../support/rejections.ts'
import type { Reply } from '../support/token-endpoint.ts'
import { json } from '../support/token-endpoint.ts'

const options = { domain: 'acme.eu.auth0.com', clientId: 'xNRnbFKo', clientSecret: 's3cret' }
const provider = auth0({
  ...options,
  audience: 'https://api.example.com',
  realm: 'employees',
  scope: ['read:sample', 'offline_access'],
})
const url = 'https://acme.eu.auth0.com/oauth/token'
const client = { client_id: 'xNRnbFKo', client_secret: 's3cret' }

const granted = {
  access_token: 'eyJz93a',
  refresh_token: 'GEbRxBN',
  token_type: 'Bearer',
  expires_in: 1800,
  scope: 'read:sample write:sample offline_access',
}

function tenant(reply: Reply): Reply {
  return withDiscovery(
    {
      issuer: 'https://acme.eu.auth0.com/',
      token_endpoint: url,
      revocation_endpoint: 'https://acme.eu.auth0.com/oauth/revoke',
      grant_types_supported: ['http://auth0.com/oauth/grant-type/password-realm', 'password'],
    },
    reply,
  )
}

function rejectWith(status: number, error: string, error_description: string, members: object = {}): Reply {
  return tenant(json({ error, error_description, ...members }, status))
}

const factor = rejectWith(403, 'mfa_required', 'Multifactor authentication required', {
  mfa_token: 'Fe26...Ha',
})

describe('auth0()', () => {
  it.each([
    ['with all options', provider],
    ['with the required ones', auth0({ domain: options.domain, clientId: 'x' })],
  ])('%s is unchanged after a round trip through JSON', (_, description) => {
    expect(throughJson(description)).toStrictEqual(description)
  })

  it('names the connection by its grant, and the API; accepts more scope than was requested', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(tenant(json(granted)), { provider })
    expect((await signIn()).body).toMatchObject({
      session: { scope: ['read:sample', 'write:sample', 'offline_access'] },
      token: { expires_in: 1800 },
    })
    await clock.pass(1790)
    await token(1)
    expect(endpoint.requests.map(sent).slice(1)).toEqual([
      {
        POST: url,
        form: {
          grant_type: 'http://auth0.com/oauth/grant-type/password-realm',
          ...client,
          ...credentials,
          realm: 'employees',
          audience: 'https://api.example.com',
          scope: 'read:sample offline_access',
        },
      },
      { POST: url, form: { grant_type: 'refresh_token', ...client, refresh_token: 'GEbRxBN' } },
    ])
  })

  it('runs the password grant without a connection', async () => {
    const { signIn, endpoint } = createTestBff(tenant(json(granted)), { provider: auth0(options) })
    await signIn()
    expect(sent(endpoint.requests[1])).toEqual({
      POST: url,
      form: { grant_type: 'password', ...client, ...credentials },
    })
  })

  it('requires a one-time code, and sends it with the continuation and without the password', async () => {
    const { signIn, sendRequest, endpoint } = createTestBff(factor, { provider })
    const first = await signIn()
    expect(first).toMatchObject({
      status: 401,
      body: { error: 'challenge_required', challenge: { fields: [{ name: 'otp' }] } },
    })
    expect(first.text).not.toContain('Fe26')

    const enterCode = (otp: string) =>
      sendRequest('POST', '/session', {
        credentials: { ...credentials, otp },
        challenge: first.body.challenge?.id,
      })
    endpoint.script(rejectWith(403, 'invalid_grant', 'Invalid otp_code.'))
    expect(await enterCode('000000')).toMatchObject({
      status: 401,
      body: { error: 'invalid_credentials', challenge: { fields: [{ name: 'otp' }] } },
    })
    endpoint.script(tenant(json(granted)))
    expect((await enterCode('123456')).status).toBe(200)
    expect(sent(endpoint.requests.at(-1))).toEqual({
      POST: url,
      form: {
        grant_type: 'http://auth0.com/oauth/grant-type/mfa-otp',
        ...client,
        mfa_token: 'Fe26...Ha',
        otp: '123456',
        scope: 'read:sample offline_access',
      },
    })
  })

  it('recognizes a wrong password', async () => {
    const rejection = await getSignInRejection(
      provider,
      rejectWith(403, 'invalid_grant', 'Wrong email or password.'),
    )
    expect(rejection).toEqual({ status: 401, error: 'invalid_credentials', log: '' })
  })

  it('reports a rate limit when brute-force protection has blocked the account', async () => {
    const words = 'Your account has been blocked after multiple consecutive login attempts.'
    const rejection = await getSignInRejection(provider, rejectWith(429, 'too_many_attempts', words))
    expect(rejection).toMatchObject({ status: 429, error: 'rate_limited' })
    expect(rejection.log).toContain('the address of this server')
  })

  it.each([
    [401, 'unauthorized', 'user is blocked', 'the user is blocked'],
    [403, 'access_denied', 'Only on weekdays', 'an action of the tenant'],
    [401, 'password_leaked', 'This login has been blocked', 'breached password detection'],
  ])('explains %i %s, %s, as a user who may not sign in', async (status, error, words, hint) => {
    const rejection = await getSignInRejection(provider, rejectWith(status, error, words))
    expect(rejection).toMatchObject({ status: 403, error: 'access_denied' })
    expect(rejection.log).toContain(hint)
    expect(rejection.log).not.toContain('weekdays')
  })

  it.each([
    [401, 'requires_verification', 'Suspicious request requires verification', 'CAPTCHA'],
    [500, 'server_error', 'Authorization server not configured with default connection.', 'option realm'],
    [403, 'unauthorized_client', "Grant type 'password' not allowed for the client.", 'Grant Types'],
    [401, 'invalid_client', 'Unauthorized', 'client secret'],
  ])('explains %i %s, %s, as a configuration error', async (status, error, words, hint) => {
    const rejection = await getSignInRejection(provider, rejectWith(status, error, words))
    expect(rejection).toMatchObject({ status: 502, error: 'server_error' })
    expect(rejection.log).toContain(hint)
  })

  it('ends the session when its refresh token is rejected', async () => {
    const reply = rejectWith(403, 'invalid_grant', 'Unknown or invalid refresh token.')
    const rejection = await getRefreshRejection(provider, tenant(json(granted)), reply)
    expect(rejection).toMatchObject({ status: 401, error: 'login_required' })
  })
})
