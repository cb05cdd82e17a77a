import { describe, expect, it } from 'vitest'
import { jamf } from '../../src/providers/index.ts'
import { createClock, createTestBff, credentials } from '../support/browser.ts'
import { basic, sent, throughJson } from '../support/preset.ts'
import { json, raw } from '../support/token-endpoint.ts'

const site = 'https://acct.jamfcloud.com'
const provider = jamf({ site })

/** Responses as in the "Jamf Pro API Overview", half an hour apart. */
const first = { token: 'eyJhbGciOiJIUzI1NiJ9.one', expires: '2022-09-07T20:48:47.585Z' }
const second = { token: 'eyJhbGciOiJIUzI1NiJ9.two', expires: '2022-09-07T21:18:07.585Z' }
const unauthorized = json(
  {
    httpStatus: 401,
    errors: [{ code: 'INVALID_TOKEN', description: 'Unauthorized', id: '0', field: null }],
  },
  401,
)
const createClockBefore = (): ReturnType<typeof createClock> =>
  createClock(Date.parse('2022-09-07T20:18:47.585Z'))

describe('jamf()', () => {
  it('is unchanged after a round trip through JSON', () => {
    expect(throughJson(provider)).toStrictEqual(provider)
  })

  it('sends the user by Basic in an empty POST, and keeps the token alive by sending it', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(json(first), { provider }, createClockBefore())
    expect((await signIn()).body).toMatchObject({
      session: { user: { username: 'cathy' }, scope: [] },
      token: { access_token: first.token, token_type: 'Bearer', expires_in: 1800 },
    })
    endpoint.script(json(second))
    await clock.pass(1760)
    expect((await token(1)).body.token).toMatchObject({ access_token: second.token, expires_in: 1800 })
    expect(endpoint.requests.map(sent)).toEqual([
      {
        POST: `${site}/api/v1/auth/token`,
        authorization: basic(credentials.username, credentials.password),
      },
      { POST: `${site}/api/v1/auth/keep-alive`, authorization: `Bearer ${first.token}` },
    ])
  })

  it('ends the session when its token is rejected', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(json(first), { provider }, createClockBefore())
    await signIn()
    endpoint.script(unauthorized)
    await clock.pass(2000)
    expect((await token(1)).body).toMatchObject({ error: 'login_required', reason: 'refresh_rejected' })
    expect(sent(endpoint.requests[1])).toMatchObject({ authorization: `Bearer ${first.token}` })
  })

  it('keeps the session while the server responds with 503', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(json(first), { provider }, createClockBefore())
    await signIn()
    endpoint.script(raw('<html>Jamf Pro is starting', 503))
    await clock.pass(1760)
    expect((await token(1)).body.token).toMatchObject({ access_token: first.token, expires_in: 40 })
  })

  it.each([
    ['with an error', unauthorized],
    ['without one', json({ httpStatus: 401, errors: [] }, 401)],
  ])('recognizes a wrong password in 401 %s', async (_, reply) => {
    const { signIn } = createTestBff(reply, { provider })
    expect(await signIn()).toMatchObject({ status: 401, body: { error: 'invalid_credentials' } })
  })

  it('invalidates the token at sign-out, authenticated by the token itself', async () => {
    const { signIn, signOut, endpoint, bff, log } = createTestBff(
      json(first),
      { provider },
      createClockBefore(),
    )
    await signIn()
    endpoint.script(() => new Response(null, { status: 204 }))
    await signOut()
    await bff.close()
    expect(sent(endpoint.requests[1])).toEqual({
      POST: `${site}/api/v1/auth/invalidate-token`,
      authorization: `Bearer ${first.token}`,
    })
    expect(log).toHaveLength(1)
  })

  it('rejects a username with a colon, which Basic cannot send', async () => {
    const { signIn, endpoint } = createTestBff(json(first), { provider })
    const response = await signIn({ credentials: { username: 'a:b', password: 'c' } })
    expect(response).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
    expect(endpoint.requests).toHaveLength(0)
  })
})
