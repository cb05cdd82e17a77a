import { describe, expect, it } from 'vitest'
import { azureV1 } from '../../src/providers/index.ts'
import { createClock, createTestBff, credentials } from '../support/browser.ts'
import { sent, throughJson } from '../support/preset.ts'
import { json } from '../support/token-endpoint.ts'

const resource = 'https://contoso.crm.dynamics.com'
const options = { tenant: 'contoso.onmicrosoft.com', clientId: '2d4d11a2', resource }
const provider = azureV1(options)
const url = 'https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/token'

/** The response in Microsoft's documentation, with a scope and a refresh token. */
const granted = {
  token_type: 'Bearer',
  scope: 'user_impersonation',
  expires_in: '3599',
  ext_expires_in: '3599',
  expires_on: '1668426620',
  not_before: '1668422720',
  resource,
  access_token: 'eyJ0eXAiOiJKV1Qi',
  refresh_token: 'AwABAAAAvPM1KaPlrEqdFSBzjqfTGAMxZGUTdM0t4B4',
}

/** An error with the members that Microsoft's servers send. */
function rejectWith(error: string, number: number, message: string, members: object = {}) {
  return json(
    {
      error,
      error_description: `AADSTS${number}: ${message}\r\nTrace ID: 5c3bd525\r\nTimestamp: 2020-11-05 19:52:45Z`,
      error_codes: [number],
      timestamp: '2020-11-05 19:52:45Z',
      error_uri: `https://login.microsoftonline.com/error?code=${number}`,
      ...members,
    },
    error === 'invalid_client' ? 401 : 400,
  )
}

const factor = 'you must use multi-factor authentication to access'

describe('azureV1()', () => {
  it.each([
    ['a public application', provider],
    ['a confidential one', azureV1({ ...options, clientSecret: 's' })],
  ])('for %s is unchanged after a round trip through JSON', (_, description) => {
    expect(throughJson(description)).toStrictEqual(description)
  })

  it('sends the resource at sign-in and at a refresh', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(json(granted), { provider })
    await signIn()
    await clock.pass(3550)
    await token(1)
    const client = { client_id: options.clientId, resource }
    expect(endpoint.requests.map(sent)).toEqual([
      { POST: url, form: { grant_type: 'password', ...client, ...credentials } },
      {
        POST: url,
        form: { grant_type: 'refresh_token', ...client, refresh_token: granted.refresh_token },
      },
    ])
  })

  it('sends the secret of a confidential application in the form', async () => {
    const { signIn, endpoint } = createTestBff(json(granted), {
      provider: azureV1({ ...options, clientSecret: 's3cret' }),
    })
    await signIn()
    expect(sent(endpoint.requests[0])).toMatchObject({ form: { client_secret: 's3cret' } })
  })

  it('reads numbers that are strings', async () => {
    const { signIn } = createTestBff(json(granted), { provider })
    expect((await signIn()).body).toMatchObject({
      session: { scope: ['user_impersonation'] },
      token: { expires_in: 3599 },
    })
  })

  it('reads expires_on when expires_in is missing', async () => {
    const body = { ...granted, expires_in: undefined }
    const { signIn } = createTestBff(json(body), { provider }, createClock(1_668_423_020_000))
    expect((await signIn()).body.token?.expires_in).toBe(3600)
  })

  it.each([
    ['a wrong password', rejectWith('invalid_grant', 50126, 'invalid username or password')],
    ['an unknown user', rejectWith('invalid_grant', 50034, 'The user account does not exist')],
    ['a locked account', rejectWith('invalid_grant', 50053, 'The account is locked')],
  ])('gives the browser the same response for %s', async (_, reply) => {
    const { signIn } = createTestBff(reply, { provider })
    expect(await signIn()).toMatchObject({ status: 401, body: { error: 'invalid_credentials' } })
  })

  it.each([
    [
      'a second factor',
      rejectWith('invalid_grant', 50076, factor, { suberror: 'basic_action' }),
      'a second factor',
    ],
    ['a second factor without a suberror', rejectWith('invalid_grant', 50076, factor), 'a second factor'],
    [
      'a second factor to be set up',
      rejectWith('invalid_grant', 50079, 'you must enroll in multi-factor authentication'),
      'a second factor',
    ],
    ['an interaction', rejectWith('interaction_required', 50076, factor), 'a second factor'],
    ['a condition', rejectWith('invalid_grant', 53003, 'Access has been blocked'), 'a second factor'],
    ['a new password', rejectWith('invalid_grant', 50055, 'The password is expired'), 'has expired'],
  ])('denies access to a user who needs %s, and the log says what to do', async (_, reply, hint) => {
    const { signIn, log } = createTestBff(reply, { provider })
    expect(await signIn()).toMatchObject({ status: 403, body: { error: 'access_denied' } })
    expect(log.at(-1)).toContain(hint)
    expect(log.join()).not.toContain('AADSTS')
  })

  it('ends the session when a refresh requires a second factor', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(json(granted), { provider })
    await signIn()
    endpoint.script(rejectWith('invalid_grant', 50076, factor, { suberror: 'basic_action' }))
    await clock.pass(3600)
    expect((await token(1)).body).toMatchObject({ error: 'login_required', reason: 'refresh_rejected' })
  })

  it.each([
    ['consent', rejectWith('invalid_grant', 65001, 'has not consented'), 'nobody has consented'],
    ['the resource', rejectWith('invalid_resource', 500011, 'was not found'), 'App ID URI'],
    ['a secret', rejectWith('invalid_client', 7000218, 'must contain client_secret'), '401 invalid_client'],
  ])('explains in the log that %s is missing', async (_, reply, hint) => {
    const { signIn, log } = createTestBff(reply, { provider })
    expect(await signIn()).toMatchObject({ status: 502, body: { error: 'server_error' } })
    expect(log.at(-1)).toContain(hint)
  })
})
