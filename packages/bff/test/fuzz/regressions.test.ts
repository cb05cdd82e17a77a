import { createSign, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { classSuper, oauth2 } from '../../src/providers/index.ts'
import { createTestBff } from '../support/browser.ts'
import { json, raw } from '../support/token-endpoint.ts'

/** What random histories have brought to light, each as small as it could be made. */
describe('an answer that was once too much', () => {
  const user = { tokenEndpoint: 'https://as.example.com/token', user: '/data' }
  const nested = (levels: number): string =>
    `{"access_token":"a","token_type":"Bearer","data":${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}}`

  it.each([99, 3000, 4200, 4400, 9000])(
    'describes a user %i levels deep, who is signed in all the same',
    async (levels) => {
      const { signIn, restore } = createTestBff(raw(nested(levels)), { provider: oauth2(user) })
      const answer = await signIn()
      expect(answer.status).toBe(200)
      expect(answer.body.session?.user === null).toBe(levels > 100)
      expect((await restore()).body.session?.user).toEqual(answer.body.session?.user)
    },
  )

  it('is an ID Token whose claims are nested without end', async () => {
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
    'asks to wait for %s seconds, and is believed for a day',
    async (wait) => {
      const provider = classSuper({ clientId: 'portal', business: 'acme', scope: [] })
      const { signIn } = createTestBff(raw('', 429, { 'X-RateLimit-ResetAfter': wait }), { provider })
      const answer = await signIn()
      expect(answer).toMatchObject({ status: 429, body: { retry_after: 86_400 } })
      expect(answer.headers.get('Retry-After')).toBe('86400')
    },
  )

  it('is a redirect behind the status 0, which says nothing of the password', async () => {
    const { signIn, log } = createTestBff(() => Response.error())
    expect(await signIn()).toMatchObject({ status: 502, body: { error: 'server_error' } })
    expect(log.at(-1)).toContain('redirects are not followed')
  })

  it('names its grants as nobody expects, and leads to the token endpoint all the same', async () => {
    const issuer = 'https://as.example.com'
    const good = json({ access_token: 'a', token_type: 'Bearer' })
    const document = json({ issuer, token_endpoint: `${issuer}/token`, grant_types_supported: null })
    const { signIn } = createTestBff((asked) => (asked.url.pathname === '/token' ? good : document)(asked), {
      provider: oauth2({ issuer }),
    })
    expect((await signIn()).status).toBe(200)
  })

  it.each([false, null, ''])(
    'says %j of an error and has no token, which is a matter of configuration',
    async (error) => {
      const { signIn } = createTestBff(json({ error, ok: true }), { provider: oauth2(user) })
      expect((await signIn()).status).toBe(502)
    },
  )
})
