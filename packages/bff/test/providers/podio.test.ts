import { describe, expect, it } from 'vitest'
import { podio } from '../../src/providers/index.ts'
import { createTestBff, credentials } from '../support/browser.ts'
import { sent, throughJson } from '../support/preset.ts'
import { json } from '../support/token-endpoint.ts'

const provider = podio({ clientId: 'key', clientSecret: 's3cret' })
const url = 'https://api.podio.com/oauth/token/v2'

/** The answer of "Username and password flow", with values. */
const granted = {
  access_token: 'eyJ0eXAiOiJKV1Qi',
  token_type: 'bearer',
  expires_in: 28_800,
  refresh_token: 'f9a8d7',
  ref: { type: 'user', id: 1234 },
}

/** The members that Podio's clients read. */
const refused = (error: string, detail: string, status = 400) =>
  json({ error, error_detail: detail, error_description: 'Words', error_parameters: {} }, status)

describe('podio()', () => {
  it.each([
    ['without an address', provider],
    ['with one', podio({ clientId: 'c', clientSecret: 's', redirectUri: 'https://portal.example.com' })],
  ])('%s is plain data', (_, description) => {
    expect(throughJson(description)).toStrictEqual(description)
  })

  it('sends JSON with the client in it, and tells the browser the scheme and the user', async () => {
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

  it('sends the registered address at a sign-in, where there is one', async () => {
    const redirectUri = 'https://portal.example.com'
    const { signIn, endpoint } = createTestBff(json(granted), {
      provider: podio({ clientId: 'key', clientSecret: 's', redirectUri }),
    })
    await signIn()
    expect(sent(endpoint.requests[0])).toMatchObject({ json: { redirect_uri: redirectUri } })
  })

  it('shows the token to the API by its own scheme', async () => {
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
    ['an unknown user', refused('invalid_grant', 'user.invalid.username'), 401, 'invalid_credentials'],
    ['a wrong password', refused('invalid_grant', 'user.invalid.password'), 401, 'invalid_credentials'],
    ['an unknown key', refused('invalid_client', 'oauth.client.invalid_id'), 502, 'server_error'],
    ['a wrong secret', refused('invalid_grant', 'oauth.client.invalid_secret'), 502, 'server_error'],
    ['a limit', refused('rate_limit', 'rate_limit', 420), 429, 'rate_limited'],
  ])('tells %s apart', async (_, reply, status, error) => {
    const { signIn } = createTestBff(reply, { provider })
    expect(await signIn()).toMatchObject({ status, body: { error } })
  })

  it('keeps the session when a refresh meets a limit', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(json(granted), { provider })
    await signIn()
    endpoint.script(refused('rate_limit', 'rate_limit', 420))
    await clock.pass(28_750)
    expect((await token(1)).body.token).toMatchObject({ access_token: granted.access_token })
  })
})
