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

/** A refusal of league/oauth2-server, with the words in both places, as from 7.3.3 on. */
function refused(status: number, error: string, message: string, hint?: string) {
  return json({ error, error_description: message, ...(hint !== undefined && { hint }), message }, status)
}

const grantInvalid =
  'The provided authorization grant (e.g., authorization code, resource owner credentials) or refresh token is invalid'

describe('laravelPassport()', () => {
  it.each([
    ['with a secret', provider],
    ['without one', laravelPassport({ site: options.site, clientId: '9a1f', allowedScope: ['read'] })],
  ])('%s is plain data', (_, description) => {
    expect(throughJson(description)).toStrictEqual(description)
  })

  it('sends a form with the password client, and refreshes with it', async () => {
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
    ['version 8 and later', refused(400, 'invalid_grant', 'The user credentials were incorrect.')],
    [
      'earlier ones',
      json({ error: 'invalid_credentials', message: 'The user credentials were incorrect.' }, 401),
    ],
  ])('hears a wrong password from %s of the library', async (_, reply) => {
    const answer = await getSignInRejection(provider, reply)
    expect(answer).toEqual({ status: 401, error: 'invalid_credentials', log: '' })
  })

  it('says how the password grant is switched on', async () => {
    const words = 'The authorization grant type is not supported by the authorization server.'
    const reply = refused(
      400,
      'unsupported_grant_type',
      words,
      'Check that all required parameters have been provided',
    )
    const answer = await getSignInRejection(provider, reply)
    expect(answer).toMatchObject({ status: 502, error: 'server_error' })
    expect(answer.log).toContain('Passport::enablePasswordGrant()')
  })

  it('says which client is needed', async () => {
    const answer = await getSignInRejection(
      provider,
      refused(401, 'invalid_client', 'Client authentication failed'),
    )
    expect(answer).toMatchObject({ status: 502, error: 'server_error' })
    expect(answer.log).toContain('passport:client --password')
  })

  it.each([
    [
      'until Passport 12',
      refused(401, 'invalid_request', 'The refresh token is invalid.', 'Token has been revoked'),
    ],
    ['since', refused(400, 'invalid_grant', 'The refresh token is invalid.', 'Token has expired')],
    ['as the RFC has it', refused(400, 'invalid_grant', grantInvalid)],
  ])('ends the session when a refresh is refused %s', async (_, reply) => {
    expect(await getRefreshRejection(provider, granted, reply)).toMatchObject({
      status: 401,
      error: 'login_required',
    })
  })

  it('ends no session because a request was wrong, and takes the same code for a fault of ours at a sign-in', async () => {
    const words = 'The request is missing a required parameter'
    const answer = await getRefreshRejection(provider, granted, refused(400, 'invalid_request', words))
    expect(answer).toMatchObject({ status: 502, error: 'server_error' })
    const first = await getSignInRejection(provider, refused(401, 'invalid_request', words))
    expect(first).toMatchObject({ status: 502, error: 'server_error' })
  })
})
