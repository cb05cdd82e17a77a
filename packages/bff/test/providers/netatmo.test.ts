import { describe, expect, it } from 'vitest'
import { netatmo } from '../../src/providers/index.ts'
import { createTestBff, credentials } from '../support/browser.ts'
import { sent, throughJson } from '../support/preset.ts'
import { json } from '../support/token-endpoint.ts'

const provider = netatmo({ clientId: 'id', clientSecret: 's3cret', scope: ['read_station'] })

/** A response of the server, quoted in the read-me of netatmobeat. */
const granted = {
  access_token: '599163c4f5459521648b4586|d56b25668a4fcb4c956c12073942fdb5',
  refresh_token: '599163c4f5459521648b4586|938350d65da251ec562ef8f52ee6f294',
  scope: ['read_station'],
  expires_in: 10800,
  expire_in: 10800,
}
const url = 'https://api.netatmo.com/oauth2/token'
const client = { client_id: 'id', client_secret: 's3cret' }

describe('netatmo()', () => {
  it('is unchanged after a round trip through JSON', () => {
    expect(throughJson(provider)).toStrictEqual(provider)
  })

  it('sends the client in the form, at sign-in and at a refresh', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(json(granted), { provider })
    await signIn()
    await clock.pass(10_750)
    await token(1)
    expect(endpoint.requests.map(sent)).toEqual([
      { POST: url, form: { grant_type: 'password', ...client, ...credentials, scope: 'read_station' } },
      {
        POST: url,
        form: { grant_type: 'refresh_token', ...client, refresh_token: granted.refresh_token },
      },
    ])
  })

  it.each([
    ['as it was recorded', granted],
    ['with a scope of null', { ...granted, scope: null }],
    ['with the misspelt lifetime alone', { ...granted, expires_in: undefined }],
  ])('reads a response %s', async (_, body) => {
    const { signIn } = createTestBff(json(body), { provider })
    expect((await signIn()).body).toMatchObject({
      session: { scope: ['read_station'] },
      token: { access_token: granted.access_token, token_type: 'Bearer', expires_in: 10_800 },
    })
  })

  it.each([
    ['a wrong password', json({ error: 'invalid_grant' }, 400), 401, 'invalid_credentials'],
    ['a rejected client', json({ error: 'invalid_client' }, 400), 502, 'server_error'],
    ['a client without the grant', json({ error: 'unauthorized_client' }, 400), 502, 'server_error'],
  ])('recognizes %s', async (_, reply, status, error) => {
    const { signIn } = createTestBff(reply, { provider })
    expect(await signIn()).toMatchObject({ status, body: { error } })
  })

  it.each([
    [2, 'Invalid access token', true],
    [3, 'Access token expired', true],
    [13, 'Operation forbidden', false],
  ])(
    'treats a 403 of the API with code %i (%s) as a rejected token: %s',
    async (code, message, isRejected) => {
      const setup = createTestBff(json(granted), {
        provider,
        mode: 'proxy',
        proxy: [{ path: '/api/*', methods: ['GET'] }],
      })
      await setup.signIn()
      await setup.clock.pass(60)
      setup.endpoint.script(
        json({ error: { code, message } }, 403),
        json({ ...granted, access_token: 'next' }),
        json({}),
      )
      const response = await setup.bff.fetch(
        new Request('https://portal.example.com/api/getstationsdata', {
          headers: {
            'X-Latchkey': '1',
            'Sec-Fetch-Site': 'same-origin',
            Cookie: [...setup.jar].map(([name, value]) => `${name}=${value}`).join('; '),
          },
        }),
      )
      expect(response.status).toBe(isRejected ? 200 : 403)
    },
  )
})
