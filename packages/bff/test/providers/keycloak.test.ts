import { createSign, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { keycloak } from '../../src/providers/index.ts'
import { createTestBff, credentials } from '../support/browser.ts'
import { sent, throughJson } from '../support/preset.ts'
import { getRefreshRejection, getSignInRejection, withDiscovery } from '../support/rejections.ts'
import type { Reply } from '../support/token-endpoint.ts'
import { json } from '../support/token-endpoint.ts'

const options = {
  site: 'https://id.example.com/',
  realm: 'acme',
  clientId: 'portal',
  clientSecret: 's3cr+t %',
}
const issuer = 'https://id.example.com/realms/acme'
const url = `${issuer}/protocol/openid-connect/token`
const provider = keycloak(options)

/** As Keycloak writes its AccessTokenResponse. */
const granted = {
  access_token: 'eyJhY2Nlc3M',
  expires_in: 300,
  refresh_expires_in: 1800,
  refresh_token: 'eyJyZWZyZXNo',
  token_type: 'Bearer',
  'not-before-policy': 0,
  session_state: '3d25bd2b',
  scope: 'openid profile email',
}

function realm(reply: Reply): Reply {
  return withDiscovery(
    {
      issuer,
      token_endpoint: url,
      revocation_endpoint: `${issuer}/protocol/openid-connect/revoke`,
      jwks_uri: `${issuer}/protocol/openid-connect/certs`,
      grant_types_supported: ['password'],
    },
    reply,
  )
}

function rejectWith(status: number, error: string, error_description: string): Reply {
  return realm(json({ error, error_description }, status))
}

describe('keycloak()', () => {
  it.each([
    ['with a secret', provider],
    [
      'without one, and with a code',
      keycloak({ site: options.site, realm: 'acme', clientId: 'p', otp: true }),
    ],
  ])('%s is unchanged after a round trip through JSON', (_, description) => {
    expect(throughJson(description)).toStrictEqual(description)
  })

  it('finds the realm by its issuer, requests the claims of the user, and refreshes', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(realm(json(granted)), { provider })
    expect((await signIn()).body).toMatchObject({
      session: { scope: ['openid', 'profile', 'email'], expires_in: 1800 },
      token: { token_type: 'Bearer', expires_in: 300 },
    })
    await clock.pass(290)
    await token(1)
    const client = { client_id: 'portal', client_secret: 's3cr+t %' }
    expect(endpoint.requests.map(sent)).toEqual([
      { GET: `${issuer}/.well-known/openid-configuration` },
      { POST: url, form: { grant_type: 'password', ...client, ...credentials, scope: 'openid' } },
      { POST: url, form: { grant_type: 'refresh_token', ...client, refresh_token: 'eyJyZWZyZXNo' } },
    ])
  })

  it('reads the user from the ID Token', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const now = Date.parse('2026-01-01T00:00:00Z') / 1000
    const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const claims = {
      iss: issuer,
      aud: 'portal',
      sub: 'f:7',
      iat: now,
      exp: now + 300,
      typ: 'ID',
      name: 'Cathy',
    }
    const text = `${encoded({ alg: 'RS256', kid: 'k' })}.${encoded(claims)}`
    const id_token = `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey, 'base64url')}`
    const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }]
    const { signIn } = createTestBff(
      realm(({ url: { pathname } }) =>
        Response.json(pathname.endsWith('/certs') ? { keys } : { ...granted, id_token }),
      ),
      { provider },
    )
    expect((await signIn()).body.session?.user).toMatchObject({ sub: 'f:7', name: 'Cathy' })
  })

  it('sends the code under the name that every version accepts, and nothing without a code', async () => {
    const { signIn, endpoint } = createTestBff(realm(json(granted)), {
      provider: keycloak({ ...options, otp: true }),
    })
    await signIn({ credentials: { ...credentials, otp: '123456' } })
    await signIn()
    const codes = endpoint.requests.map(({ parameters }) => [parameters.get('totp'), parameters.has('otp')])
    expect(codes.slice(1)).toEqual([
      ['123456', false],
      [null, false],
    ])
  })

  it('does not end a session with an offline token, which does not expire', async () => {
    const { signIn } = createTestBff(realm(json({ ...granted, refresh_expires_in: 0 })), { provider })
    expect((await signIn()).body.session?.expires_in).toBeGreaterThan(1800)
  })

  it.each([
    ['a wrong password', 401, 'Invalid user credentials'],
    ['an unknown user', 400, 'Invalid user credentials'],
    ['a disabled user, whatever the password', 400, 'Account disabled'],
  ])('gives the browser the same response for %s', async (_, status, words) => {
    const rejection = await getSignInRejection(provider, rejectWith(status, 'invalid_grant', words))
    expect(rejection).toEqual({ status: 401, error: 'invalid_credentials', log: '' })
  })

  it('denies access to a user with required actions, and the log says why', async () => {
    const reply = rejectWith(400, 'invalid_grant', 'Account is not fully set up')
    const rejection = await getSignInRejection(provider, reply)
    expect(rejection).toMatchObject({ status: 403, error: 'access_denied' })
    expect(rejection.log).toContain('required actions')
  })

  it.each([
    [400, 'unauthorized_client', 'Client not allowed for direct access grants', 'Direct access grants'],
    [400, 'invalid_client', 'Client requires user consent', 'Consent required'],
    [
      401,
      'unauthorized_client',
      'Invalid client or Invalid client credentials',
      'rejected the client id or the client secret',
    ],
    [
      401,
      'invalid_client',
      'Invalid client or Invalid client credentials',
      'rejected the client id or the client secret',
    ],
  ])('says what to change after %i %s, %s', async (status, error, words, hint) => {
    const rejection = await getSignInRejection(provider, rejectWith(status, error, words))
    expect(rejection).toMatchObject({ status: 502, error: 'server_error' })
    expect(rejection.log).toContain(hint)
  })

  it('ends the session when its refresh token is rejected', async () => {
    const reply = rejectWith(400, 'invalid_grant', 'Token is not active')
    const rejection = await getRefreshRejection(provider, realm(json(granted)), reply)
    expect(rejection).toMatchObject({ status: 401, error: 'login_required' })
  })
})
