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
  it('is plain data', () => {
    expect(throughJson(provider)).toStrictEqual(provider)
  })

  it('sends Basic and a form, at the sign-in and at a refresh', async () => {
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

  it('lets a page ask for a token of its own device', async () => {
    const { signIn, endpoint } = createTestBff(json(granted), { provider })
    await signIn({ scope: ['device_ipad'] })
    expect(endpoint.requests[0]?.parameters.get('scope')).toBe('device_ipad')
  })

  it('takes the same token with less time for what it is', async () => {
    const { signIn, endpoint } = createTestBff(json(granted), { provider })
    await signIn()
    endpoint.script(json({ ...granted, expires_in: 1200 }))
    expect((await signIn()).body.token).toMatchObject({
      access_token: granted.access_token,
      expires_in: 1200,
    })
  })

  it('gives no token back, because another browser of the same user may hold the same one', async () => {
    const { signIn, signOut, endpoint, bff } = createTestBff(json(granted), { provider })
    await signIn()
    await signIn()
    await signOut()
    await bff.close()
    expect(endpoint.requests).toHaveLength(2)
  })

  it('neither loops nor fails when refreshes bring the same token with the rest of its time', async () => {
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
      const answer = await token(sequence - 1)
      await restore()
      expect([200, 503]).toContain(answer.status)
      sequence = answer.body.token?.sequence ?? sequence
      await clock.pass(1)
    }
    expect((await restore()).body.token?.access_token).toBe('next')
    expect(grantsOf(endpoint, 'refresh_token').length).toBeLessThan(12)
  })

  it.each([
    ['a wrong password', json({ error: 'invalid_grant' }, 400), 401, 'invalid_credentials'],
    ['a wrong secret', json({ error: 'invalid_client' }, 401), 502, 'server_error'],
  ])('tells %s apart', async (_, reply, status, error) => {
    const { signIn } = createTestBff(reply, { provider })
    expect(await signIn()).toMatchObject({ status, body: { error } })
  })

  it('takes a refresh token that another browser has used for the end of the session', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(json(granted), { provider })
    await signIn()
    endpoint.script(json({ error: 'invalid_grant' }, 400))
    await clock.pass(3600)
    expect((await token(1)).body).toMatchObject({ error: 'login_required', reason: 'refresh_rejected' })
  })
})
