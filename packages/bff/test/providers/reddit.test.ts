import { describe, expect, it } from 'vitest'
import { reddit } from '../../src/providers/index.ts'
import { createTestBff, credentials } from '../support/browser.ts'
import { basic, sent, throughJson } from '../support/preset.ts'
import { json } from '../support/token-endpoint.ts'

const userAgent = 'web:com.example.portal:v1.2 (by /u/reddit_bot)'
const client = { clientId: 'p-jcoLKBynTLew', clientSecret: 'gko_LXELoV07ZBNUXrvWZfzE3aI', userAgent }
const provider = reddit(client)

/** The answer of the "OAuth2 Quick Start Example". */
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
  ])('%s is plain data', (_, description) => {
    expect(throughJson(description)).toStrictEqual(description)
  })

  it('sends Basic, a form and a User-Agent of its own', async () => {
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

  it('appends the code of two-factor authentication to the password, and sends it nowhere else', async () => {
    const { signIn, endpoint } = createTestBff(json(granted), { provider: reddit({ ...client, otp: true }) })
    const typed = { username: 'cathy', password: 'p4ssw0rd' }
    expect((await signIn({ credentials: typed })).status).toBe(400)
    await signIn({ credentials: { ...typed, otp: '123456' } })
    expect(sent(endpoint.requests[0])['form']).toEqual({
      grant_type: 'password',
      username: 'cathy',
      password: 'p4ssw0rd:123456',
    })
  })

  it('asks for the scope it is given', async () => {
    const { signIn, endpoint } = createTestBff(json(granted), {
      provider: reddit({ ...client, scope: ['identity', 'read'] }),
    })
    await signIn()
    expect(endpoint.requests[0]?.parameters.get('scope')).toBe('identity read')
  })

  it('takes an error with status 200 for what it says', async () => {
    const { signIn, endpoint, log } = createTestBff(json({ error: 'invalid_grant' }), { provider })
    expect(await signIn()).toMatchObject({ status: 401, body: { error: 'invalid_credentials' } })
    endpoint.script(json({ error: 'unsupported_grant_type' }))
    expect((await signIn()).status).toBe(502)
    expect(log.at(-1)).toContain('200 unsupported_grant_type')
  })

  it('takes 401 with a number for an error as a refusal of the application', async () => {
    const { signIn, log } = createTestBff(json({ message: 'Unauthorized', error: 401 }, 401), { provider })
    expect(await signIn()).toMatchObject({ status: 502, body: { error: 'server_error' } })
    expect(log.at(-1)).toContain('the application is of the type "script"')
  })

  it('takes 429 for what it is', async () => {
    const busy = json({ message: 'Too Many Requests', error: 429 }, 429)
    const { signIn } = createTestBff(busy, { provider })
    expect(await signIn()).toMatchObject({ status: 429, body: { error: 'rate_limited' } })
  })

  it('asks for the password again when the token has expired', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(json(granted), { provider })
    await signIn()
    await clock.pass(3600)
    expect((await token(1)).body).toMatchObject({ error: 'login_required', reason: 'no_refresh' })
    expect(endpoint.requests).toHaveLength(1)
  })

  it('gives the token back at a sign-out', async () => {
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
