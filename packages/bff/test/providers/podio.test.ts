import { describe, expect, it } from 'vitest'
import { podio } from '../../src/providers/index.ts'
import { createTestBff, credentials } from '../support/browser.ts'
import { sent, throughJson } from '../support/preset.ts'
import { json } from '../support/token-endpoint.ts'

const provider = podio({ clientId: 'key', clientSecret: 's3cret' })
const url = 'https://api.podio.com/oauth/token/v2'

/** The response in "Username and password flow", with values. */
const granted = {
  access_token: 'eyJ0eXAiOiJKV1Qi',
  token_type: 'bearer',
  expires_in: 28_800,
  refresh_token: 'f9a8d7',
  ref: { type: 'user', id: 1234 },
}

/** The members that Podio's clients read. */
const rejectWith = (error: string, detail: string, status = 400) =>
  json({ error, error_detail: detail, error_description: 'Text', error_parameters: {} }, status)

describe('podio()', () => {
  it.each([
    ['without a redirect URI', provider],
    [
      'with a redirect URI',
      podio({ clientId: 'c', clientSecret: 's', redirectUri: 'https://portal.example.com' }),
    ],
  ])('%s is unchanged after a round trip through JSON', (_, description) => {
    expect(throughJson(description)).toStrictEqual(description)
  })

  it('sends JSON with the client in it, and names the scheme and the user to the browser', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(json(granted), { provider })
    expect((await signIn()).body).toMatchObject({
      session: { user: { type: 'user', id: 1234 } },
      token: { token_type: 'OAuth2', expires_in: 28_800 },
    })
    await clock.pass(28_750)
    await token(1)
    const client = { client_id: 'key', client_secret: 's3cret' }
    expect(endpoint.requests.map(sent)).toEqual([
      { POST: url, json: { grant_type: 'password', ...client, ...credentials } },
      { POST: url, json: { grant_type: 'refresh_token', ...client, refresh_token: 'f9a8d7' } },
    ])
  })

  it('sends the redirect URI at sign-in', async () => {
    const redirectUri = 'https://portal.example.com'
    const { signIn, endpoint } = createTestBff(json(granted), {
      provider: podio({ clientId: 'key', clientSecret: 's', redirectUri }),
    })
    await signIn()
    expect(sent(endpoint.requests[0])).toMatchObject({ json: { redirect_uri: redirectUri } })
  })

  it('sends the token to the API with the scheme OAuth2', async () => {
    const { signIn, bff, jar, endpoint } = createTestBff(json(granted), {
      provider,
      mode: 'proxy',
      proxy: [{ path: '/user/*', methods: ['GET'] }],
    })
    await signIn()
    await bff.fetch(
      new Request('https://portal.example.com/user/status', {
        headers: {
          'X-Latchkey': '1',
          'Sec-Fetch-Site': 'same-origin',
          Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
        },
      }),
    )
    expect(sent(endpoint.requests[1])).toEqual({
      GET: 'https://api.podio.com/user/status',
      authorization: `OAuth2 ${granted.access_token}`,
    })
  })

  it.each([
    ['an unknown user', rejectWith('invalid_grant', 'user.invalid.username'), 401, 'invalid_credentials'],
    ['a wrong password', rejectWith('invalid_grant', 'user.invalid.password'), 401, 'invalid_credentials'],
    ['an unknown key', rejectWith('invalid_client', 'oauth.client.invalid_id'), 502, 'server_error'],
    ['a wrong secret', rejectWith('invalid_grant', 'oauth.client.invalid_secret'), 502, 'server_error'],
    ['a rate limit', rejectWith('rate_limit', 'rate_limit', 420), 429, 'rate_limited'],
  ])('recognizes %s', async (_, reply, status, error) => {
    const { signIn } = createTestBff(reply, { provider })
    expect(await signIn()).toMatchObject({ status, body: { error } })
  })

  it('keeps the session when a refresh reaches a rate limit', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(json(granted), { provider })
    await signIn()
    endpoint.script(rejectWith('rate_limit', 'rate_limit', 420))
    await clock.pass(28_750)
    expect((await token(1)).body.token).toMatchObject({ access_token: granted.access_token })
  })
})
