import { createSign, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { oauth2 } from '../src/providers/index.ts'
import { createTestBff } from './support/browser.ts'
import type { Reply } from './support/token-endpoint.ts'
import { revokedAt } from './support/token-endpoint.ts'

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

/** An OpenID Connect server whose token endpoint issues this ID Token. */
function createServer(idToken: unknown, keys: () => Response = respondWithKeys): Reply {
  return ({ url, parameters }) => {
    if (url.pathname.startsWith('/.well-known/'))
      return Response.json({
        issuer,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        revocation_endpoint: `${issuer}/revoke`,
        grant_types_supported: ['password'],
      })
    if (url.pathname === '/keys') return keys()
    const isRefresh = parameters.get('grant_type') === 'refresh_token'
    const common = {
      access_token: isRefresh ? 'b' : 'a',
      token_type: 'Bearer',
      expires_in: 900,
      refresh_token: 'r',
    }
    return Response.json({ ...common, id_token: idToken })
  }
}

function respondWithKeys(): Response {
  return Response.json({
    keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }],
  })
}

const provider = oauth2({ issuer, clientId: 'portal', clientSecret: 's3cret', scope: ['openid'] })

describe('an ID Token', () => {
  it('names the user, and stays on the server', async () => {
    const { signIn, restore } = createTestBff(createServer(signed(claims)), { provider })
    const response = await signIn()
    expect(response.body.session?.user).toEqual({ sub: 'u-7', name: 'Cathy' })
    expect(response.text).not.toContain(signed(claims).split('.')[1])
    expect((await restore()).body.session?.user).toEqual({ sub: 'u-7', name: 'Cathy' })
  })

  it('gives the same user the same subject, however the username is spelt', async () => {
    const { signIn, endpoint } = createTestBff(createServer(signed(claims)), { provider })
    const { body } = await signIn()
    const again = await signIn({ credentials: { username: 'CATHY', password: 'correct horse' } })
    expect(again.body.session?.subject).toBe(body.session?.subject)
    endpoint.script(createServer(signed({ ...claims, sub: 'u-8' })))
    expect((await signIn()).body.session?.subject).not.toBe(body.session?.subject)
  })

  it('of a refresh does not change the user', async () => {
    const { signIn, token, clock, endpoint } = createTestBff(createServer(signed(claims)), { provider })
    await signIn()
    await clock.pass(880)
    endpoint.script(createServer(signed({ ...claims, sub: 'u-8' })))
    expect((await token(1)).body).toMatchObject({
      session: { user: { sub: 'u-7', name: 'Cathy' } },
      token: { access_token: 'b' },
    })
  })

  const b64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

  it.each([
    ['of another issuer', signed({ ...claims, iss: 'https://evil.example' })],
    ['for another client', signed({ ...claims, aud: 'another' })],
    ['that has expired', signed({ ...claims, exp: now - 61 })],
    ['signed with another key', signed(claims, { alg: 'RS256', kid: 'k' }, other.privateKey)],
    ['signed with an unknown key', signed(claims, { alg: 'RS256', kid: 'unknown' })],
    ['that is not signed', `${b64({ alg: 'none' })}.${b64(claims)}.`],
    ['signed with the client secret', signed(claims, { alg: 'HS256' })],
    ['without a subject', signed({ ...claims, sub: undefined })],
    ['that is garbage', 'canary.canary.canary'],
  ])('%s fails the sign-in, and reaches neither the log nor the page', async (_, idToken) => {
    const { signIn, log } = createTestBff(createServer(idToken), { provider })
    const response = await signIn()
    expect(response).toMatchObject({ status: 502, body: { error: 'server_error' } })
    expect(log.at(-1)).toContain('the ID Token is not valid')
    expect(log.join() + response.text).not.toContain(idToken.split('.')[1])
  })

  it.each([
    ['is not valid', createServer('canary.canary.canary')],
    ['cannot be validated', createServer(signed(claims), () => new Response(null, { status: 500 }))],
  ])('that %s makes the BFF revoke the tokens that came with it', async (_, reply) => {
    const { signIn, bff, endpoint } = createTestBff(reply, { provider })
    expect((await signIn()).status).toBe(502)
    await bff.close()
    expect(revokedAt(endpoint)).toEqual(['r'])
  })

  it('fails the sign-in when its keys cannot be fetched', async () => {
    const { signIn } = createTestBff(
      createServer(signed(claims), () => new Response(null, { status: 500 })),
      { provider },
    )
    expect((await signIn()).status).toBe(502)
  })

  it('is ignored when it is null, empty or not a string', async () => {
    for (const idToken of [null, '', 7, {}]) {
      const { signIn } = createTestBff(createServer(idToken), { provider })
      expect((await signIn()).body.session?.user).toEqual({ username: 'cathy' })
    }
  })

  it('is ignored without discovery, and the log says so', async () => {
    const fixed = oauth2({ tokenEndpoint: `${issuer}/token`, clientId: 'portal', clientSecret: 's3cret' })
    const { signIn, log } = createTestBff(createServer(signed(claims)), { provider: fixed })
    expect((await signIn()).body.session?.user).toEqual({ username: 'cathy' })
    expect(log.at(-1)).toContain('ID Token')
  })
})
