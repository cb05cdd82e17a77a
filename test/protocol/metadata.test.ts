import type { ProviderDescription } from '@latchkey/bff'
import { oauth2 } from '@latchkey/bff/providers'
import { expect, it } from 'vitest'
import { createTestBff, flushPromises } from '../../packages/bff/test/support/browser.ts'
import type { Reply } from '../../packages/bff/test/support/token-endpoint.ts'
import { failWithCode, json, raw, rotating } from '../../packages/bff/test/support/token-endpoint.ts'
import { tokenResponse, createProvider } from './setup.ts'

const issuer = 'https://as.example.com/realm'
const metadata = { issuer, token_endpoint: `${issuer}/token`, revocation_endpoint: `${issuer}/revoke` }
const client = { clientId: 'portal', clientSecret: 's3cret' }

/** Creates a BFF for a server with this discovery document. */
function createDiscoveringBff(
  document: object | Reply,
  provider: ProviderDescription = oauth2({ issuer, ...client }),
  otherReply: Reply = json(tokenResponse),
) {
  const reply = typeof document === 'function' ? (document as Reply) : json(document)
  return createTestBff(
    (request) => (request.url.pathname.includes('.well-known') ? reply(request) : otherReply(request)),
    {
      provider,
    },
  )
}

it.each([
  'https://as.example.com',
  'https://as.example.com/realm/',
  'https://as.example.com/Realm',
  'https://AS.example.com/realm',
  'https://as.example.com:443/realm',
  'http://as.example.com/realm',
  'https://evil.example/realm',
  '',
  undefined,
  null,
  [issuer],
])('76 rejects a document with the issuer %j', async (named) => {
  const { signIn, endpoint } = createDiscoveringBff({ ...metadata, issuer: named })
  expect((await signIn()).status).toBeGreaterThanOrEqual(500)
  expect(endpoint.requests.map(({ url }) => url.pathname)).not.toContain('/realm/token')
})

it('76 uses a document with exactly the configured issuer', async () => {
  const { signIn, endpoint } = createDiscoveringBff(metadata)
  expect((await signIn()).status).toBe(200)
  expect(endpoint.requests.at(-1)?.url.href).toBe(`${issuer}/token`)
})

it.each([
  ['oauth', 'https://as.example.com', 'https://as.example.com/.well-known/oauth-authorization-server'],
  ['oauth', issuer, 'https://as.example.com/.well-known/oauth-authorization-server/realm'],
  ['oauth', `${issuer}/a`, 'https://as.example.com/.well-known/oauth-authorization-server/realm/a'],
  ['oidc', 'https://as.example.com', 'https://as.example.com/.well-known/openid-configuration'],
  ['oidc', issuer, `${issuer}/.well-known/openid-configuration`],
  ['oidc', `${issuer}/`, `${issuer}/.well-known/openid-configuration`],
] as const)('77 fetches the %s document of %s from %s', async (flavour, discovery, address) => {
  const provider = { ...createProvider(), token: { discovery, flavour } }
  const { signIn, endpoint } = createDiscoveringBff({ ...metadata, issuer: discovery }, provider)
  expect((await signIn()).status).toBe(200)
  expect(endpoint.requests[0]?.url.href).toBe(address)
})

it.each([
  ['no token endpoint', undefined],
  ['a relative token endpoint', '/token'],
  ['a token endpoint without TLS', 'http://as.example.com/token'],
  ['a token endpoint of another scheme', 'file:///etc/passwd'],
  ['a token endpoint with credentials', 'https://a:b@as.example.com/token'],
  ['a number for the token endpoint', 7],
])('78 rejects a document with %s', async (_, token_endpoint) => {
  const { signIn, endpoint, log } = createDiscoveringBff({ ...metadata, token_endpoint })
  expect(await signIn()).toMatchObject({ status: 502, body: { error: 'server_error' } })
  expect(log.at(-1)).toContain('token_endpoint')
  expect(endpoint.requests).toHaveLength(1)
})

it('78 sends no request to a loopback address that a remote document names', async () => {
  for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
    const { signIn, endpoint } = createDiscoveringBff({
      ...metadata,
      token_endpoint: `https://${host}/token`,
    })
    expect((await signIn()).status).toBe(502)
    expect(endpoint.requests).toHaveLength(1)
  }
})

it('79 uses Basic when the document names no client authentication method', async () => {
  const { signIn, endpoint } = createDiscoveringBff(metadata)
  await signIn()
  expect(endpoint.requests.at(-1)?.headers.get('Authorization')).toBe(`Basic ${btoa('portal:s3cret')}`)
  expect(endpoint.requests.at(-1)?.parameters.has('client_secret')).toBe(false)
})

it('79 uses the client authentication method of the description', async () => {
  const { signIn, endpoint } = createDiscoveringBff(
    metadata,
    oauth2({ issuer, ...client, clientAuth: 'post' }),
  )
  await signIn()
  expect(endpoint.requests.at(-1)?.headers.has('Authorization')).toBe(false)
  expect(endpoint.requests.at(-1)?.parameters.get('client_secret')).toBe('s3cret')
})

it.each([[undefined], [['authorization_code']], [[]], [['password']]])(
  '80 uses the password grant when the document lists the grants %j',
  async (grant_types_supported) => {
    const { signIn } = createDiscoveringBff({ ...metadata, grant_types_supported })
    expect((await signIn()).status).toBe(200)
  },
)

it.each([
  ['lists no grants', undefined, 1],
  ['lists other grants', ['authorization_code', 'refresh_token'], 1],
  ['lists it', ['password'], 0],
])(
  '80 warns at most once about the password grant when the document %s',
  async (_, grant_types_supported, times) => {
    const { signIn, log, clock } = createDiscoveringBff({ ...metadata, grant_types_supported })
    await signIn()
    await clock.pass(3601)
    await signIn()
    expect(log.filter((line) => line.includes('does not list the grant password'))).toHaveLength(times)
  },
)

it('82 revokes the refresh token with a form and client authentication', async () => {
  const { signIn, signOut, endpoint, bff } = createDiscoveringBff(metadata, undefined, rotating())
  await signIn()
  await signOut()
  await bff.close()
  const revocation = endpoint.requests.at(-1)
  expect([revocation?.method, revocation?.url.href]).toEqual(['POST', `${issuer}/revoke`])
  expect(revocation?.headers.get('Content-Type')).toMatch(/^application\/x-www-form-urlencoded/)
  expect(revocation?.headers.get('Authorization')).toBe(`Basic ${btoa('portal:s3cret')}`)
  expect(Object.fromEntries(revocation?.parameters ?? [])).toEqual({
    token: 'refresh-1',
    token_type_hint: 'refresh_token',
  })
})

it('82 revokes the access token when there is no refresh token', async () => {
  const { signIn, signOut, endpoint, bff } = createDiscoveringBff(metadata)
  await signIn()
  await signOut()
  await bff.close()
  expect(Object.fromEntries(endpoint.requests.at(-1)?.parameters ?? [])).toEqual({
    token: 'a',
    token_type_hint: 'access_token',
  })
})

it.each([
  ['an empty 200', raw(''), false],
  ['200 and HTML', raw('<h1>canary</h1>'), false],
  ['200 and an error', json({ error: 'canary' }), false],
  ['204', () => new Response(null, { status: 204 }), false],
  ['503 and Retry-After', raw('canary', 503, { 'Retry-After': '60' }), true],
  [
    '400 unsupported_token_type',
    json({ error: 'unsupported_token_type', error_description: 'canary' }, 400),
    true,
  ],
  ['a closed connection', failWithCode('ECONNRESET'), true],
])(
  '82 signs out when the revocation endpoint responds with %s, and logs a token that may still be valid',
  async (_, reply, isLogged) => {
    const { signIn, signOut, restore, endpoint, log, bff } = createTestBff(rotating())
    await signIn()
    const before = log.length
    endpoint.script(reply)
    const response = await signOut()
    expect(response.status).toBe(204)
    expect((await restore()).body).toMatchObject({ session: null })
    await bff.close()
    expect(log.length > before).toBe(isLogged)
    expect(log.join('\n') + response.text).not.toContain('canary')
  },
)

it('82 retries a revocation once after the Retry-After of a 503', async () => {
  const { signIn, signOut, endpoint, clock, bff, log } = createTestBff(rotating())
  await signIn()
  const before = log.length
  endpoint.script(raw('', 503, { 'Retry-After': '5' }), raw(''))
  await signOut()
  await flushPromises()
  await clock.pass(4)
  expect(endpoint.requests).toHaveLength(2)
  await clock.pass(1)
  await bff.close()
  expect(endpoint.requests.slice(1).map(({ parameters }) => parameters.get('token'))).toEqual([
    'refresh-1',
    'refresh-1',
  ])
  expect(log.length).toBe(before)
})

it('84 sends the resource of the description unchanged, and logs invalid_target', async () => {
  const resource = 'https://api.example.com/v1?a=1'
  const { signIn, endpoint, log } = createTestBff(json({ error: 'invalid_target' }, 400), {
    provider: createProvider({ params: { resource } }),
  })
  expect(await signIn()).toMatchObject({ status: 502, body: { error: 'server_error' } })
  expect(endpoint.requests[0]?.parameters.get('resource')).toBe(resource)
  expect(log.at(-1)).toContain('invalid_target')
})

it.each([
  ['use_dpop_nonce', json({ error: 'use_dpop_nonce' }, 400, { 'DPoP-Nonce': 'x' })],
  ['a token of the type DPoP', json({ ...tokenResponse, token_type: 'DPoP' })],
])('85 fails after %s, without a fallback to a weaker token', async (_, reply) => {
  const { signIn, restore, endpoint, log } = createTestBff(reply)
  const response = await signIn()
  expect(response).toMatchObject({ status: 502, body: { error: 'server_error' } })
  expect(response.body.token).toBeUndefined()
  expect((await restore()).body).toMatchObject({ session: null })
  expect(endpoint.requests).toHaveLength(1)
  expect(log.at(-1)).toMatch(/dpop|token_type/i)
})
