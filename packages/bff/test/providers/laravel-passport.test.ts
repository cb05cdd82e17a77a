import { describe, expect, it } from 'vitest'
import { laravelPassport } from '../../src/providers/index.ts'
import { createTestBff, credentials } from '../support/browser.ts'
import { sent, throughJson } from '../support/preset.ts'
import { getRefreshRejection, getSignInRejection } from '../support/rejections.ts'
import { json } from '../support/token-endpoint.ts'

const options = { site: 'https://app.example.com', clientId: '9a1f', clientSecret: 's3cret' }
const provider = laravelPassport({ ...options, scope: ['*'] })
const url = 'https://app.example.com/oauth/token'

const granted = json({
  token_type: 'Bearer',
  expires_in: 900,
  access_token: 'eyJ0eXAiOiJKV1Qi',
  refresh_token: 'def50200',
})

/** An error of league/oauth2-server, with its description in both members, as from 7.3.3 on. */
function rejectWith(status: number, error: string, message: string, hint?: string) {
  return json({ error, error_description: message, ...(hint !== undefined && { hint }), message }, status)
}

const grantInvalid =
  'The provided authorization grant (e.g., authorization code, resource owner credentials) or refresh token is invalid'

describe('laravelPassport()', () => {
  it.each([
    ['with a secret', provider],
    ['without one', laravelPassport({ site: options.site, clientId: '9a1f', allowedScope: ['read'] })],
  ])('%s is unchanged after a round trip through JSON', (_, description) => {
    expect(throughJson(description)).toStrictEqual(description)
  })

  it('sends a form with the password client, at sign-in and at a refresh', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(granted, { provider })
    expect((await signIn()).body).toMatchObject({ session: { scope: ['*'] }, token: { expires_in: 900 } })
    await clock.pass(890)
    await token(1)
    const client = { client_id: '9a1f', client_secret: 's3cret' }
    expect(endpoint.requests.map(sent)).toEqual([
      { POST: url, form: { grant_type: 'password', ...client, ...credentials, scope: '*' } },
      { POST: url, form: { grant_type: 'refresh_token', ...client, refresh_token: 'def50200' } },
    ])
  })

  it.each([
    ['version 8 and later', rejectWith(400, 'invalid_grant', 'The user credentials were incorrect.')],
    [
      'earlier versions',
      json({ error: 'invalid_credentials', message: 'The user credentials were incorrect.' }, 401),
    ],
  ])('recognizes a wrong password from %s of the library', async (_, reply) => {
    const rejection = await getSignInRejection(provider, reply)
    expect(rejection).toEqual({ status: 401, error: 'invalid_credentials', log: '' })
  })

  it('says how to enable the password grant', async () => {
    const words = 'The authorization grant type is not supported by the authorization server.'
    const reply = rejectWith(
      400,
      'unsupported_grant_type',
      words,
      'Check that all required parameters have been provided',
    )
    const rejection = await getSignInRejection(provider, reply)
    expect(rejection).toMatchObject({ status: 502, error: 'server_error' })
    expect(rejection.log).toContain('Passport::enablePasswordGrant()')
  })

  it('says which client to use', async () => {
    const rejection = await getSignInRejection(
      provider,
      rejectWith(401, 'invalid_client', 'Client authentication failed'),
    )
    expect(rejection).toMatchObject({ status: 502, error: 'server_error' })
    expect(rejection.log).toContain('passport:client --password')
  })

  it.each([
    [
      'until Passport 12',
      rejectWith(401, 'invalid_request', 'The refresh token is invalid.', 'Token has been revoked'),
    ],
    [
      'since Passport 13',
      rejectWith(400, 'invalid_grant', 'The refresh token is invalid.', 'Token has expired'),
    ],
    ['with the description of RFC 6749', rejectWith(400, 'invalid_grant', grantInvalid)],
  ])('ends the session when a refresh is rejected %s', async (_, reply) => {
    expect(await getRefreshRejection(provider, granted, reply)).toMatchObject({
      status: 401,
      error: 'login_required',
    })
  })

  it('keeps the session after invalid_request, which is a configuration error', async () => {
    const words = 'The request is missing a required parameter'
    const rejection = await getRefreshRejection(provider, granted, rejectWith(400, 'invalid_request', words))
    expect(rejection).toMatchObject({ status: 502, error: 'server_error' })
    const first = await getSignInRejection(provider, rejectWith(401, 'invalid_request', words))
    expect(first).toMatchObject({ status: 502, error: 'server_error' })
  })
})
