import { describe, expect, it } from 'vitest'
import { wso2 } from '../../src/providers/index.ts'
import { createTestBff, credentials } from '../support/browser.ts'
import { basic, sent, throughJson } from '../support/preset.ts'
import { grantsOf, json } from '../support/token-endpoint.ts'

const tokenEndpoint = 'https://iam.example.com:9443/oauth2/token'
const provider = wso2({
  tokenEndpoint,
  clientId: 'key',
  clientSecret: 's3cret',
  scope: ['somescope'],
  allowedScope: ['somescope', 'device_ipad'],
})

const granted = {
  access_token: '4bdc5ec7-0da7-3f9b-8f1f-1d8a1a5d9b8e',
  refresh_token: 'ecb0d8a1-63ce-3f9c-8d6c-9ac2f1b8c3b0',
  scope: 'somescope',
  token_type: 'Bearer',
  expires_in: 3600,
}

describe('wso2()', () => {
  it('is unchanged after a round trip through JSON', () => {
    expect(throughJson(provider)).toStrictEqual(provider)
  })

  it('sends Basic and a form, at sign-in and at a refresh', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(json(granted), { provider })
    await signIn()
    await clock.pass(3560)
    await token(1)
    const authorization = basic('key', 's3cret')
    expect(endpoint.requests.map(sent)).toEqual([
      {
        POST: tokenEndpoint,
        authorization,
        form: { grant_type: 'password', ...credentials, scope: 'somescope' },
      },
      {
        POST: tokenEndpoint,
        authorization,
        form: { grant_type: 'refresh_token', refresh_token: granted.refresh_token },
      },
    ])
  })

  it('lets a page request a token for its device', async () => {
    const { signIn, endpoint } = createTestBff(json(granted), { provider })
    await signIn({ scope: ['device_ipad'] })
    expect(endpoint.requests[0]?.parameters.get('scope')).toBe('device_ipad')
  })

  it('accepts the same token again with less time left', async () => {
    const { signIn, endpoint } = createTestBff(json(granted), { provider })
    await signIn()
    endpoint.script(json({ ...granted, expires_in: 1200 }))
    expect((await signIn()).body.token).toMatchObject({
      access_token: granted.access_token,
      expires_in: 1200,
    })
  })

  it('revokes no token, because another browser of the user may have the same one', async () => {
    const { signIn, signOut, endpoint, bff } = createTestBff(json(granted), { provider })
    await signIn()
    await signIn()
    await signOut()
    await bff.close()
    expect(endpoint.requests).toHaveLength(2)
  })

  it('neither loops nor fails when refreshes return the same token with less time left', async () => {
    const { signIn, token, restore, endpoint, clock } = createTestBff(json(granted), { provider })
    await signIn()
    const end = clock.now() + 3_600_000
    endpoint.script(() => {
      const left = Math.floor((end - clock.now()) / 1000)
      return Response.json(left > 0 ? { ...granted, expires_in: left } : { ...granted, access_token: 'next' })
    })
    await clock.pass(3500)
    let sequence = 1
    for (let second = 0; second < 110; second += 1) {
      const response = await token(sequence - 1)
      await restore()
      expect([200, 503]).toContain(response.status)
      sequence = response.body.token?.sequence ?? sequence
      await clock.pass(1)
    }
    expect((await restore()).body.token?.access_token).toBe('next')
    expect(grantsOf(endpoint, 'refresh_token').length).toBeLessThan(12)
  })

  it.each([
    ['a wrong password', json({ error: 'invalid_grant' }, 400), 401, 'invalid_credentials'],
    ['a wrong secret', json({ error: 'invalid_client' }, 401), 502, 'server_error'],
  ])('recognizes %s', async (_, reply, status, error) => {
    const { signIn } = createTestBff(reply, { provider })
    expect(await signIn()).toMatchObject({ status, body: { error } })
  })

  it('ends the session when another browser has used its refresh token', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(json(granted), { provider })
    await signIn()
    endpoint.script(json({ error: 'invalid_grant' }, 400))
    await clock.pass(3600)
    expect((await token(1)).body).toMatchObject({ error: 'login_required', reason: 'refresh_rejected' })
  })
})
