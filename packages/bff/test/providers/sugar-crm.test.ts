import { describe, expect, it } from 'vitest'
import { sugarCrm } from '../../src/providers/index.ts'
import { createTestBff, credentials } from '../support/browser.ts'
import { sent, throughJson } from '../support/preset.ts'
import { json } from '../support/token-endpoint.ts'

const site = 'https://acct.sugarondemand.com'
const provider = sugarCrm({ site: `${site}/`, platform: 'custom_api' })

/** The response in "How to Authenticate and Log Out". */
const granted = {
  access_token: 'c6d495c9-bb25-81d2-5f81-533ef6479f9b',
  expires_in: 3600,
  token_type: 'bearer',
  scope: null,
  refresh_token: 'cbc40e67-12bc-4b56-a1d9-533ef62f2601',
  refresh_expires_in: 1209600,
  download_token: 'cc5d1a9f-6627-3349-96e5-533ef6b1a493',
}
const needLogin = json(
  { error: 'need_login', error_message: 'You must specify a valid username and password.' },
  401,
)

describe('sugarCrm()', () => {
  it.each([
    ['with the key that every instance has', provider],
    ['before Fall ’18', sugarCrm({ site, platform: 'p', version: 'v10', header: 'OAuth-Token' })],
    ['with another key', sugarCrm({ site, platform: 'p', clientId: 'key', clientSecret: 's' })],
  ])('%s is unchanged after a round trip through JSON', (_, description) => {
    expect(throughJson(description)).toStrictEqual(description)
  })

  it('sends JSON with the platform, at sign-in and at a refresh', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(json(granted), { provider })
    await signIn()
    await clock.pass(3560)
    await token(1)
    expect(endpoint.requests.map(sent)).toEqual([
      {
        POST: `${site}/rest/v11/oauth2/token`,
        json: { grant_type: 'password', client_id: 'sugar', platform: 'custom_api', ...credentials },
      },
      {
        POST: `${site}/rest/v11/oauth2/token`,
        json: {
          grant_type: 'refresh_token',
          client_id: 'sugar',
          platform: 'custom_api',
          refresh_token: granted.refresh_token,
        },
      },
    ])
  })

  it('sends the secret of a key that has one', async () => {
    const withSecret = sugarCrm({ site, platform: 'p', clientId: 'key', clientSecret: ' s3cret\n' })
    const { signIn, endpoint } = createTestBff(json(granted), { provider: withSecret })
    await signIn()
    expect(sent(endpoint.requests[0])).toMatchObject({ json: { client_id: 'key', client_secret: 's3cret' } })
  })

  it('accepts a scope of null, and returns neither refresh nor download token to the browser', async () => {
    const { signIn } = createTestBff(json(granted), { provider })
    const response = await signIn()
    expect(response.body).toMatchObject({
      session: { scope: [], user: { username: 'cathy' } },
      token: { access_token: granted.access_token, token_type: 'Bearer', expires_in: 3600 },
    })
    expect(response.text).not.toContain(granted.refresh_token)
    expect(response.text).not.toContain(granted.download_token)
  })

  it('ends the session when its refresh token expires, after two weeks', async () => {
    const { signIn, restore, clock } = createTestBff(json(granted), {
      provider,
      session: { idle: 9_000_000, absolute: 9_000_000 },
    })
    expect((await signIn()).body.session?.expires_in).toBe(1_209_600)
    await clock.pass(1_209_600)
    expect((await restore()).body).toMatchObject({ session: null })
  })

  it('treats need_login as a wrong password at sign-in, and as the end of the session at a refresh', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(needLogin, { provider })
    expect(await signIn()).toMatchObject({ status: 401, body: { error: 'invalid_credentials' } })
    endpoint.script(json(granted), needLogin)
    await signIn()
    await clock.pass(3600)
    expect(await token(1)).toMatchObject({
      status: 401,
      body: { error: 'login_required', reason: 'refresh_rejected' },
    })
  })

  it('ends the session when its refresh token is rejected', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(json(granted), { provider })
    await signIn()
    endpoint.script(json({ error: 'invalid_grant', error_message: 'Invalid refresh token' }, 400))
    await clock.pass(3600)
    expect((await token(1)).body).toMatchObject({ error: 'login_required', reason: 'refresh_rejected' })
  })

  it('explains a rejected key in the log', async () => {
    const { signIn, log } = createTestBff(json({ error: 'invalid_client' }, 400), { provider })
    expect((await signIn()).status).toBe(502)
    expect(log.at(-1)).toContain('400 invalid_client')
  })

  it('revokes the token at sign-out, authenticated by the token itself', async () => {
    const { signIn, signOut, endpoint, bff } = createTestBff(json(granted), { provider })
    await signIn()
    await signOut()
    await bff.close()
    expect(sent(endpoint.requests[1])).toEqual({
      POST: `${site}/rest/v11/oauth2/logout`,
      authorization: `Bearer ${granted.access_token}`,
    })
  })

  it('names an option that is not valid', () => {
    expect(() => sugarCrm({ site: 'acct', platform: 'p' })).toThrow('site: is not an absolute URL')
    expect(() => sugarCrm({ site, platform: 'a b' })).toThrow('platform: is not valid')
    expect(() => sugarCrm({ site, platform: 'p', version: '../x' })).toThrow('version: is not valid')
  })
})
