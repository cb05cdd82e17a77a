import { describe, expect, it } from 'vitest'
import { fusionAuth } from '../../src/providers/index.ts'
import { createTestBff, credentials } from '../support/browser.ts'
import { sent, throughJson } from '../support/preset.ts'
import { getRefreshRejection, getSignInRejection } from '../support/rejections.ts'
import { json } from '../support/token-endpoint.ts'

const options = { site: 'https://acme.fusionauth.io', clientId: '3c219e58', clientSecret: 's3cret' }
const provider = fusionAuth({ ...options, scope: ['offline_access'] })
const url = 'https://acme.fusionauth.io/oauth2/token'

/** The response in the documentation, without an ID Token. */
const granted = {
  access_token: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9',
  expires_in: 3600,
  refresh_token: 'ze9fi6Y9sMSf3yWp3aaO2w7AMav2MFdiMIi2GObrAi',
  refresh_token_id: '4c8927f1-95cd-4bf8-9534-066389ffff5e',
  scope: 'offline_access',
  token_type: 'Bearer',
  userId: '3b6d2f70-4821-4694-ac89-60333c9c4165',
}

describe('fusionAuth()', () => {
  it.each([
    ['with a secret', provider],
    ['without one', fusionAuth({ site: options.site, clientId: '3c219e58' })],
  ])('%s is unchanged after a round trip through JSON', (_, description) => {
    expect(throughJson(description)).toStrictEqual(description)
  })

  it('signs in, returns the id of the user, and refreshes', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(json(granted), { provider })
    expect((await signIn()).body).toMatchObject({
      session: { user: { userId: granted.userId }, scope: ['offline_access'] },
      token: { expires_in: 3600 },
    })
    await clock.pass(3590)
    // The response to a refresh has no refresh token: the previous one stays valid.
    endpoint.script(
      json({ access_token: 'b', expires_in: 3600, token_type: 'Bearer', userId: granted.userId }),
    )
    await token(1)
    await clock.pass(3590)
    await token(2)
    const client = { client_id: '3c219e58', client_secret: 's3cret' }
    const refresh = {
      POST: url,
      form: { grant_type: 'refresh_token', ...client, refresh_token: granted.refresh_token },
    }
    expect(endpoint.requests.map(sent)).toEqual([
      { POST: url, form: { grant_type: 'password', ...client, ...credentials, scope: 'offline_access' } },
      refresh,
      refresh,
    ])
  })

  it('recognizes a wrong password', async () => {
    const reply = json(
      {
        error: 'invalid_grant',
        error_description: 'The user credentials are invalid.',
        error_reason: 'invalid_user_credentials',
      },
      400,
    )
    expect(await getSignInRejection(provider, reply)).toEqual({
      status: 401,
      error: 'invalid_credentials',
      log: '',
    })
  })

  it.each([
    [
      'must change the password',
      {
        change_password_id: 'a65f7ac3-e4ce-4bf6-bbb0-576189c4d965',
        error: 'change_password_required',
        error_description: 'The user is required to change their password.',
        error_reason: 'change_password_breached',
      },
      'change the password first',
    ],
  ])('denies access to a user who %s, and the log says why', async (_, body, hint) => {
    const rejection = await getSignInRejection(provider, json(body, 400))
    expect(rejection).toMatchObject({ status: 403, error: 'access_denied' })
    expect(rejection.log).toContain(hint)
    expect(rejection.log).not.toContain('canary')
  })

  describe('with a second factor', () => {
    const factorRequired = json(
      {
        error: 'two_factor_required',
        error_description: 'Multi-factor authentication is required.',
        error_reason: 'multi_factor_challenge_required',
        two_factor_id: 'canary-two-factor-id',
        two_factor_methods: [{ id: 'X2V6', method: 'authenticator' }],
      },
      400,
    )
    const completed = {
      token: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9',
      tokenExpirationInstant: Date.parse('2026-01-01T01:00:00Z'),
      refreshToken: 'ze9fi6Y9sMSf3yWp3aaO2w7AMav2MFdiMIi2GObrAi',
      user: { id: granted.userId },
    }

    it('requires a code, and sends it to its API without other parameters', async () => {
      const { signIn, sendRequest, token, endpoint, clock } = createTestBff(factorRequired, { provider })
      const { body, text } = await signIn()
      expect(body).toMatchObject({ error: 'challenge_required', challenge: { fields: [{ name: 'otp' }] } })
      expect(text).not.toContain('canary')
      endpoint.script(json(completed))
      const secondStep = { credentials: { otp: '123456' }, challenge: body.challenge?.id }
      expect((await sendRequest('POST', '/session', secondStep)).body).toMatchObject({
        session: { user: { username: 'cathy' } },
        token: { access_token: completed.token, token_type: 'Bearer', expires_in: 3600 },
      })
      expect(sent(endpoint.requests[1])).toEqual({
        POST: 'https://acme.fusionauth.io/api/two-factor/login',
        json: { code: '123456', applicationId: '3c219e58', twoFactorId: 'canary-two-factor-id' },
      })
      await clock.pass(3590)
      endpoint.script(json(granted))
      await token(1)
      expect(endpoint.requests[2]?.parameters.get('refresh_token')).toBe(completed.refreshToken)
    })

    it('recognizes a wrong code', async () => {
      const { signIn, sendRequest, endpoint } = createTestBff(factorRequired, { provider })
      const { challenge } = (await signIn()).body
      endpoint.script(json({}, 421))
      const secondStep = { credentials: { otp: '000000' }, challenge: challenge?.id }
      expect(await sendRequest('POST', '/session', secondStep)).toMatchObject({
        status: 401,
        body: { error: 'invalid_credentials', challenge },
      })
    })
  })

  it.each([
    ['unauthorized_client', 'grant_type_disabled', 400, 'Enable the grants'],
    ['invalid_client', 'invalid_client_authentication', 401, 'client secret'],
  ])('says what to change after %s, %s', async (error, error_reason, status, hint) => {
    const rejection = await getSignInRejection(provider, json({ error, error_reason }, status))
    expect(rejection).toMatchObject({ status: 502, error: 'server_error' })
    expect(rejection.log).toContain(hint)
  })

  it.each(['invalid_grant', 'invalid_request'])(
    'ends the session when its refresh token is not found, by %s',
    async (error) => {
      const reply = json({ error, error_reason: 'refresh_token_not_found' }, 400)
      const rejection = await getRefreshRejection(provider, json(granted), reply)
      expect(rejection).toMatchObject({ status: 401, error: 'login_required' })
    },
  )
})
