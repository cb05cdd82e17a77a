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

/** As AccessTokenResponse of Keycloak is written. */
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

function refused(status: number, error: string, error_description: string): Reply {
  return realm(json({ error, error_description }, status))
}

describe('keycloak()', () => {
  it.each([
    ['with a secret', provider],
    [
      'without one, and with a code',
      keycloak({ site: options.site, realm: 'acme', clientId: 'p', otp: true }),
    ],
  ])('%s is plain data', (_, description) => {
    expect(throughJson(description)).toStrictEqual(description)
  })

  it('finds the realm by its issuer, asks for the claims of the user, and refreshes', async () => {
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

  it('takes the user from the ID Token', async () => {
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

  it('sends the code under the name that every version knows, and nothing when there is none', async () => {
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

  it('never ends a session for an offline token, whose refresh token has no end', async () => {
    const { signIn } = createTestBff(realm(json({ ...granted, refresh_expires_in: 0 })), { provider })
    expect((await signIn()).body.session?.expires_in).toBeGreaterThan(1800)
  })

  it.each([
    ['a wrong password', 401, 'Invalid user credentials'],
    ['an unknown user', 400, 'Invalid user credentials'],
    ['a disabled user, whatever the password', 400, 'Account disabled'],
  ])('answers one and the same to %s', async (_, status, words) => {
    const answer = await getSignInRejection(provider, refused(status, 'invalid_grant', words))
    expect(answer).toEqual({ status: 401, error: 'invalid_credentials', log: '' })
  })

  it('tells apart a user with required actions, who typed the right password', async () => {
    const reply = refused(400, 'invalid_grant', 'Account is not fully set up')
    const answer = await getSignInRejection(provider, reply)
    expect(answer).toMatchObject({ status: 403, error: 'access_denied' })
    expect(answer.log).toContain('required actions')
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
  ])('says what to change when the answer is %i %s, %s', async (status, error, words, hint) => {
    const answer = await getSignInRejection(provider, refused(status, error, words))
    expect(answer).toMatchObject({ status: 502, error: 'server_error' })
    expect(answer.log).toContain(hint)
  })

  it('ends the session when its refresh token is good no more', async () => {
    const reply = refused(400, 'invalid_grant', 'Token is not active')
    const answer = await getRefreshRejection(provider, realm(json(granted)), reply)
    expect(answer).toMatchObject({ status: 401, error: 'login_required' })
  })
})
