import { describe, expect, it } from 'vitest'
import { djangoOAuthToolkit } from '../../src/providers/index.ts'
import { createTestBff, credentials, flushPromises } from '../support/browser.ts'
import { sent, throughJson } from '../support/preset.ts'
import { getRefreshRejection, getSignInRejection } from '../support/rejections.ts'
import { json } from '../support/token-endpoint.ts'

const options = { site: 'https://app.example.com/o/', clientId: 'vW1RcAl7', clientSecret: 'DZFpuNjR' }
const provider = djangoOAuthToolkit({ ...options, scope: ['read', 'write'] })
const url = 'https://app.example.com/o/token/'

/** The response in the tutorial; refresh tokens rotate. */
const granted = {
  access_token: '5jNKc2g2pHRM2I3Rma8X2DwDWyTYeZ',
  expires_in: 36_000,
  token_type: 'Bearer',
  scope: 'read write',
  refresh_token: 'gLTWA5zHTOnPDlUB1HvRUukHVqVQ66',
}

describe('djangoOAuthToolkit()', () => {
  it.each([
    ['with a secret', provider],
    ['without one', djangoOAuthToolkit({ site: options.site, clientId: 'v' })],
  ])('%s is unchanged after a round trip through JSON', (_, description) => {
    expect(throughJson(description)).toStrictEqual(description)
  })

  it('keeps the slash at the end of each URL, refreshes, and revokes tokens', async () => {
    const { signIn, token, signOut, endpoint, clock } = createTestBff(json(granted), { provider })
    expect((await signIn()).body).toMatchObject({
      session: { scope: ['read', 'write'] },
      token: { expires_in: 36_000 },
    })
    await clock.pass(35_990)
    endpoint.script(json({ ...granted, refresh_token: 'rotated' }))
    await token(1)
    await signOut()
    await flushPromises()
    const client = { client_id: 'vW1RcAl7', client_secret: 'DZFpuNjR' }
    expect(endpoint.requests.map(sent)).toEqual([
      { POST: url, form: { grant_type: 'password', ...client, ...credentials, scope: 'read write' } },
      { POST: url, form: { grant_type: 'refresh_token', ...client, refresh_token: granted.refresh_token } },
      {
        POST: 'https://app.example.com/o/revoke_token/',
        form: { ...client, token: 'rotated', token_type_hint: 'refresh_token' },
      },
    ])
  })

  it.each([400, 401])('recognizes a wrong password with status %i', async (status) => {
    const reply = json({ error: 'invalid_grant', error_description: 'Invalid credentials given.' }, status)
    expect(await getSignInRejection(provider, reply)).toEqual({
      status: 401,
      error: 'invalid_credentials',
      log: '',
    })
  })

  it.each([
    ['unauthorized_client', 400, 'Resource owner password-based'],
    ['invalid_client', 401, 'shows a hash'],
    ['unsupported_grant_type', 400, 'switched off there'],
  ])('says what to change after %s', async (error, status, hint) => {
    const rejection = await getSignInRejection(provider, json({ error }, status))
    expect(rejection).toMatchObject({ status: 502, error: 'server_error' })
    expect(rejection.log).toContain(hint)
  })

  it('ends the session when its refresh token is rejected', async () => {
    const rejection = await getRefreshRejection(
      provider,
      json(granted),
      json({ error: 'invalid_grant' }, 400),
    )
    expect(rejection).toMatchObject({ status: 401, error: 'login_required' })
  })
})
