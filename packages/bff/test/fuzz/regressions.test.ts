import { createSign, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { classSuper, oauth2 } from '../../src/providers/index.ts'
import { createTestBff } from '../support/browser.ts'
import { json, raw } from '../support/token-endpoint.ts'

/** Minimal cases that random histories found. */
describe('a response of the authorization server', () => {
  const user = { tokenEndpoint: 'https://as.example.com/token', user: '/data' }
  const nested = (levels: number): string =>
    `{"access_token":"a","token_type":"Bearer","data":${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}}`

  it.each([99, 3000, 4200, 4400, 9000])(
    'that describes a user %i levels deep signs the user in',
    async (levels) => {
      const { signIn, restore } = createTestBff(raw(nested(levels)), { provider: oauth2(user) })
      const { status, body } = await signIn()
      expect(status).toBe(200)
      expect(body.session?.user === null).toBe(levels > 100)
      expect((await restore()).body.session?.user).toEqual(body.session?.user)
    },
  )

  it('with an ID Token whose claims are nested very deeply fails the sign-in', async () => {
    const issuer = 'https://as.example.com'
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const times = `"iat":1767225600,"exp":1767225900`
    const deep = `${'['.repeat(6000)}${']'.repeat(6000)}`
    const claims = `{"iss":"${issuer}","aud":"portal","sub":"u-7",${times},"deep":${deep}}`
    const text = [`{"alg":"RS256"}`, claims].map((part) => Buffer.from(part).toString('base64url')).join('.')
    const id_token = `${text}.${createSign('RSA-SHA256').update(text).sign(pair.privateKey, 'base64url')}`
    const { signIn, log } = createTestBff(
      ({ url }) => {
        if (url.pathname === '/keys')
          return Response.json({ keys: [pair.publicKey.export({ format: 'jwk' })] })
        return url.pathname === '/token'
          ? Response.json({ access_token: 'a', token_type: 'Bearer', id_token })
          : Response.json({ issuer, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/keys` })
      },
      { provider: oauth2({ issuer, clientId: 'portal', clientSecret: 's3cret', scope: ['openid'] }) },
    )
    expect(await signIn()).toMatchObject({ status: 502, body: { error: 'server_error' } })
    expect(log.at(-1)).toContain('the ID Token is not valid')
  })

  it.each(['999999999', '9'.repeat(400)])(
    'that asks to wait for %s seconds makes the page wait for a day',
    async (seconds) => {
      const provider = classSuper({ clientId: 'portal', business: 'acme', scope: [] })
      const { signIn } = createTestBff(raw('', 429, { 'X-RateLimit-ResetAfter': seconds }), { provider })
      const response = await signIn()
      expect(response).toMatchObject({ status: 429, body: { retry_after: 86_400 } })
      expect(response.headers.get('Retry-After')).toBe('86400')
    },
  )

  it('with the status 0 is a redirect, which does not mean a wrong password', async () => {
    const { signIn, log } = createTestBff(() => Response.error())
    expect(await signIn()).toMatchObject({ status: 502, body: { error: 'server_error' } })
    expect(log.at(-1)).toContain('redirects are not followed')
  })

  it('with an unexpected list of grants in the discovery document does not stop sign-ins', async () => {
    const issuer = 'https://as.example.com'
    const granted = json({ access_token: 'a', token_type: 'Bearer' })
    const document = json({ issuer, token_endpoint: `${issuer}/token`, grant_types_supported: null })
    const { signIn } = createTestBff(
      (request) => (request.url.pathname === '/token' ? granted : document)(request),
      {
        provider: oauth2({ issuer }),
      },
    )
    expect((await signIn()).status).toBe(200)
  })

  it.each([false, null, ''])('with the error %j and no token is a configuration error', async (error) => {
    const { signIn } = createTestBff(json({ error, ok: true }), { provider: oauth2(user) })
    expect((await signIn()).status).toBe(502)
  })
})
