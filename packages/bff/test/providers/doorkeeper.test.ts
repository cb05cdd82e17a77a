import { describe, expect, it } from 'vitest'
import { doorkeeper } from '../../src/providers/index.ts'
import { createTestBff, credentials, flushPromises } from '../support/browser.ts'
import { sent, throughJson } from '../support/preset.ts'
import { getRefreshRejection, getSignInRejection } from '../support/rejections.ts'
import { json } from '../support/token-endpoint.ts'

const options = { site: 'https://app.example.com', clientId: 'uid', clientSecret: 's3cret' }
const provider = doorkeeper({ ...options, scope: ['public'] })
const url = 'https://app.example.com/oauth/token'

const granted = {
  access_token: 'de6780bc506a0446309bd9362820ba8a',
  token_type: 'Bearer',
  expires_in: 7200,
  refresh_token: 'c65b265611713028344a2c285dfdc4e2',
  scope: 'public',
  created_at: 1_767_225_600,
}

const invalidGrant = {
  error: 'invalid_grant',
  error_description:
    'The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.',
}

describe('doorkeeper()', () => {
  it.each([
    ['with a secret', provider],
    ['without one', doorkeeper({ site: options.site, clientId: 'uid' })],
  ])('%s is unchanged after a round trip through JSON', (_, description) => {
    expect(throughJson(description)).toStrictEqual(description)
  })

  it('signs in, refreshes, and revokes tokens', async () => {
    const { signIn, token, signOut, endpoint, clock } = createTestBff(json(granted), { provider })
    expect((await signIn()).body).toMatchObject({
      session: { user: { username: 'cathy' }, scope: ['public'] },
      token: { expires_in: 7200 },
    })
    await clock.pass(7190)
    await token(1)
    await signOut()
    await flushPromises()
    const client = { client_id: 'uid', client_secret: 's3cret' }
    expect(endpoint.requests.map(sent)).toEqual([
      { POST: url, form: { grant_type: 'password', ...client, ...credentials, scope: 'public' } },
      { POST: url, form: { grant_type: 'refresh_token', ...client, refresh_token: granted.refresh_token } },
      {
        POST: 'https://app.example.com/oauth/revoke',
        form: { ...client, token: granted.refresh_token, token_type_hint: 'refresh_token' },
      },
    ])
  })

  it('reads expires_in as the time left, also of a token that was issued earlier', async () => {
    const reply = json({ ...granted, expires_in: 120, created_at: 1_767_218_520 })
    expect((await createTestBff(reply, { provider }).signIn()).body.token?.expires_in).toBe(120)
  })

  it('accepts a response without lifetime, scope and refresh token', async () => {
    const { access_token, token_type, created_at } = granted
    const { signIn, token, endpoint, clock } = createTestBff(json({ access_token, token_type, created_at }), {
      provider,
    })
    expect((await signIn()).body).toMatchObject({
      session: { scope: ['public'] },
      token: { expires_in: null },
    })
    await clock.pass(3600)
    expect((await token(1)).body.reason).toBe('no_refresh')
    expect(endpoint.requests.filter((request) => request.url.pathname.endsWith('/token'))).toHaveLength(1)
  })

  it.each([
    ['a wrong password', json(invalidGrant, 400)],
    ['a wrong password from older versions', json({ ...invalidGrant, error: 'invalid_resource_owner' }, 401)],
  ])('recognizes %s', async (_, reply) => {
    expect(await getSignInRejection(provider, reply)).toEqual({
      status: 401,
      error: 'invalid_credentials',
      log: '',
    })
  })

  it('says how to enable the password grant', async () => {
    const rejection = await getSignInRejection(provider, json({ error: 'unsupported_grant_type' }, 400))
    expect(rejection).toMatchObject({ status: 502, error: 'server_error' })
    expect(rejection.log).toContain('grant_flows')
    expect(rejection.log).toContain('resource_owner_from_credentials')
  })

  it('says how to enable refresh tokens', async () => {
    const reply = json({ error: 'unsupported_grant_type' }, 400)
    const rejection = await getRefreshRejection(provider, json(granted), reply)
    expect(rejection).toMatchObject({ status: 502, error: 'server_error' })
    expect(rejection.log).toContain('use_refresh_token')
    expect(rejection.log).not.toContain('grant_flows')
  })

  it('ends the session when its refresh token is rejected', async () => {
    const rejection = await getRefreshRejection(provider, json(granted), json(invalidGrant, 400))
    expect(rejection).toMatchObject({ status: 401, error: 'login_required' })
  })
})
