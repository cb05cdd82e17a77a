import { describe, expect, it } from 'vitest'
import { reddit } from '../../src/providers/index.ts'
import { createTestBff, credentials } from '../support/browser.ts'
import { basic, sent, throughJson } from '../support/preset.ts'
import { json } from '../support/token-endpoint.ts'

const userAgent = 'web:com.example.portal:v1.2 (by /u/reddit_bot)'
const client = { clientId: 'p-jcoLKBynTLew', clientSecret: 'gko_LXELoV07ZBNUXrvWZfzE3aI', userAgent }
const provider = reddit(client)

/** The response in the "OAuth2 Quick Start Example". */
const granted = {
  access_token: 'J1qK1c18UUGJFAzz9xnH56584l4',
  expires_in: 3600,
  scope: '*',
  token_type: 'bearer',
}

describe('reddit()', () => {
  it.each([
    ['with the password alone', provider],
    ['with a code', reddit({ ...client, otp: true, scope: ['identity'] })],
  ])('%s is unchanged after a round trip through JSON', (_, description) => {
    expect(throughJson(description)).toStrictEqual(description)
  })

  it('sends Basic, a form and the configured User-Agent', async () => {
    const { signIn, endpoint } = createTestBff(json(granted), { provider })
    expect((await signIn()).body).toMatchObject({
      session: { scope: ['*'] },
      token: { token_type: 'Bearer', expires_in: 3600 },
    })
    expect(endpoint.requests.map(sent)).toEqual([
      {
        POST: 'https://www.reddit.com/api/v1/access_token',
        authorization: basic(client.clientId, client.clientSecret),
        form: { grant_type: 'password', ...credentials },
      },
    ])
    expect(endpoint.requests[0]?.headers.get('User-Agent')).toBe(userAgent)
    expect(provider.resource?.headers).toEqual({ 'User-Agent': userAgent })
  })

  it('appends the two-factor code to the password, and sends it nowhere else', async () => {
    const { signIn, endpoint } = createTestBff(json(granted), { provider: reddit({ ...client, otp: true }) })
    const entered = { username: 'cathy', password: 'p4ssw0rd' }
    expect((await signIn({ credentials: entered })).status).toBe(400)
    await signIn({ credentials: { ...entered, otp: '123456' } })
    expect(sent(endpoint.requests[0])['form']).toEqual({
      grant_type: 'password',
      username: 'cathy',
      password: 'p4ssw0rd:123456',
    })
  })

  it('requests the configured scope', async () => {
    const { signIn, endpoint } = createTestBff(json(granted), {
      provider: reddit({ ...client, scope: ['identity', 'read'] }),
    })
    await signIn()
    expect(endpoint.requests[0]?.parameters.get('scope')).toBe('identity read')
  })

  it('reads an error with status 200', async () => {
    const { signIn, endpoint, log } = createTestBff(json({ error: 'invalid_grant' }), { provider })
    expect(await signIn()).toMatchObject({ status: 401, body: { error: 'invalid_credentials' } })
    endpoint.script(json({ error: 'unsupported_grant_type' }))
    expect((await signIn()).status).toBe(502)
    expect(log.at(-1)).toContain('200 unsupported_grant_type')
  })

  it('treats 401 with a number as the error as a rejected application', async () => {
    const { signIn, log } = createTestBff(json({ message: 'Unauthorized', error: 401 }, 401), { provider })
    expect(await signIn()).toMatchObject({ status: 502, body: { error: 'server_error' } })
    expect(log.at(-1)).toContain('the application is of the type "script"')
  })

  it('recognizes a rate limit', async () => {
    const busy = json({ message: 'Too Many Requests', error: 429 }, 429)
    const { signIn } = createTestBff(busy, { provider })
    expect(await signIn()).toMatchObject({ status: 429, body: { error: 'rate_limited' } })
  })

  it('makes the user sign in again when the token has expired', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(json(granted), { provider })
    await signIn()
    await clock.pass(3600)
    expect((await token(1)).body).toMatchObject({ error: 'login_required', reason: 'no_refresh' })
    expect(endpoint.requests).toHaveLength(1)
  })

  it('revokes the token at sign-out', async () => {
    const { signIn, signOut, endpoint, bff } = createTestBff(json(granted), { provider })
    await signIn()
    await signOut()
    await bff.close()
    expect(sent(endpoint.requests[1])).toEqual({
      POST: 'https://www.reddit.com/api/v1/revoke_token',
      authorization: basic(client.clientId, client.clientSecret),
      form: { token: granted.access_token, token_type_hint: 'access_token' },
    })
  })
})
