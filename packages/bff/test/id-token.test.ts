import { createSign, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { oauth2 } from '../src/providers/index.ts'
import { createTestBff } from './support/browser.ts'
import type { Reply } from './support/token-endpoint.ts'

const issuer = 'https://as.example.com'
const now = Date.parse('2026-01-01T00:00:00Z') / 1000
const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
const claims = { iss: issuer, aud: 'portal', sub: 'u-7', iat: now, exp: now + 300, name: 'Cathy', nonce: 'x' }

function signed(payload: object, header: object = { alg: 'RS256', kid: 'k' }, key = pair.privateKey): string {
  const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${encoded(header)}.${encoded(payload)}`
  return `${text}.${createSign('RSA-SHA256').update(text).sign(key, 'base64url')}`
}

/** A server of OpenID Connect whose token endpoint answers with this ID Token. */
function serving(idToken: unknown, keys: () => Response = keySet): Reply {
  return ({ url, parameters }) => {
    if (url.pathname.startsWith('/.well-known/'))
      return Response.json({
        issuer,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        grant_types_supported: ['password'],
      })
    if (url.pathname === '/keys') return keys()
    const refresh = parameters.get('grant_type') === 'refresh_token'
    const common = {
      access_token: refresh ? 'b' : 'a',
      token_type: 'Bearer',
      expires_in: 900,
      refresh_token: 'r',
    }
    return Response.json({ ...common, id_token: idToken })
  }
}

function keySet(): Response {
  return Response.json({
    keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }],
  })
}

const provider = oauth2({ issuer, clientId: 'portal', clientSecret: 's3cret', scope: ['openid'] })

describe('an ID Token', () => {
  it('tells who the user is, and stays on the server', async () => {
    const { signIn, restore } = createTestBff(serving(signed(claims)), { provider })
    const answer = await signIn()
    expect(answer.body.session?.user).toEqual({ sub: 'u-7', name: 'Cathy' })
    expect(answer.text).not.toContain(signed(claims).split('.')[1])
    expect((await restore()).body.session?.user).toEqual({ sub: 'u-7', name: 'Cathy' })
  })

  it('names the same subject for the same user, however the username is typed', async () => {
    const { signIn, endpoint } = createTestBff(serving(signed(claims)), { provider })
    const { body } = await signIn()
    const again = await signIn({ credentials: { username: 'CATHY', password: 'correct horse' } })
    expect(again.body.session?.subject).toBe(body.session?.subject)
    endpoint.script(serving(signed({ ...claims, sub: 'u-8' })))
    expect((await signIn()).body.session?.subject).not.toBe(body.session?.subject)
  })

  it('of a refresh changes nobody', async () => {
    const { signIn, token, clock, endpoint } = createTestBff(serving(signed(claims)), { provider })
    await signIn()
    await clock.pass(880)
    endpoint.script(serving(signed({ ...claims, sub: 'somebody else' })))
    expect((await token(1)).body).toMatchObject({
      session: { user: { sub: 'u-7', name: 'Cathy' } },
      token: { access_token: 'b' },
    })
  })

  const b64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

  it.each([
    ['of another issuer', signed({ ...claims, iss: 'https://evil.example' })],
    ['for another client', signed({ ...claims, aud: 'another' })],
    ['that has run out', signed({ ...claims, exp: now - 61 })],
    ['signed with another key', signed(claims, { alg: 'RS256', kid: 'k' }, other.privateKey)],
    ['signed with a key nobody has', signed(claims, { alg: 'RS256', kid: 'unknown' })],
    ['that is not signed', `${b64({ alg: 'none' })}.${b64(claims)}.`],
    ['signed with the client secret', signed(claims, { alg: 'HS256' })],
    ['without a subject', signed({ ...claims, sub: undefined })],
    ['that is garbage', 'canary.canary.canary'],
  ])('%s signs nobody in, and is told to nobody', async (_, idToken) => {
    const { signIn, log } = createTestBff(serving(idToken), { provider })
    const answer = await signIn()
    expect(answer).toMatchObject({ status: 502, body: { error: 'server_error' } })
    expect(log.at(-1)).toContain('the ID Token is not valid')
    expect(log.join() + answer.text).not.toContain(idToken.split('.')[1])
  })

  it('signs nobody in while its keys cannot be had', async () => {
    const { signIn } = createTestBff(
      serving(signed(claims), () => new Response(null, { status: 500 })),
      { provider },
    )
    expect((await signIn()).status).toBe(502)
  })

  it('is let be where it is null, empty or no text', async () => {
    for (const idToken of [null, '', 7, {}]) {
      const { signIn } = createTestBff(serving(idToken), { provider })
      expect((await signIn()).body.session?.user).toEqual({ username: 'cathy' })
    }
  })

  it('is not read without a discovery document, and the log says so', async () => {
    const unknown = oauth2({ tokenEndpoint: `${issuer}/token`, clientId: 'portal', clientSecret: 's3cret' })
    const { signIn, log } = createTestBff(serving(signed(claims)), { provider: unknown })
    expect((await signIn()).body.session?.user).toEqual({ username: 'cathy' })
    expect(log.at(-1)).toContain('ID Token')
  })
})
