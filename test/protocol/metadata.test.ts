import type { ProviderDescription } from '@latchkey/bff'
import { oauth2 } from '@latchkey/bff/providers'
import { expect, it } from 'vitest'
import { createTestBff, flushPromises } from '../../packages/bff/test/support/browser.ts'
import type { Reply } from '../../packages/bff/test/support/token-endpoint.ts'
import { failWithCode, json, raw, rotating } from '../../packages/bff/test/support/token-endpoint.ts'
import { good, plain } from './setup.ts'

const issuer = 'https://as.example.com/realm'
const metadata = { issuer, token_endpoint: `${issuer}/token`, revocation_endpoint: `${issuer}/revoke` }
const client = { clientId: 'portal', clientSecret: 's3cret' }

/** A scene before a server with this discovery document. */
function discovering(
  document: object | Reply,
  provider: ProviderDescription = oauth2({ issuer, ...client }),
  others: Reply = json(good),
) {
  const reply = typeof document === 'function' ? (document as Reply) : json(document)
  return createTestBff(
    (asked) => (asked.url.pathname.includes('.well-known') ? reply(asked) : others(asked)),
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
])('76 uses no document that names the issuer %j', async (named) => {
  const { signIn, endpoint } = discovering({ ...metadata, issuer: named })
  expect((await signIn()).status).toBeGreaterThanOrEqual(500)
  expect(endpoint.requests.map(({ url }) => url.pathname)).not.toContain('/realm/token')
})

it('76 uses a document that names the issuer to the letter', async () => {
  const { signIn, endpoint } = discovering(metadata)
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
] as const)('77 looks for the %s document of %s at %s', async (flavour, discovery, address) => {
  const provider = { ...plain(), token: { discovery, flavour } }
  const { signIn, endpoint } = discovering({ ...metadata, issuer: discovery }, provider)
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
])('78 uses no document with %s', async (_, token_endpoint) => {
  const { signIn, endpoint, log } = discovering({ ...metadata, token_endpoint })
  expect(await signIn()).toMatchObject({ status: 502, body: { error: 'server_error' } })
  expect(log.at(-1)).toContain('token_endpoint')
  expect(endpoint.requests).toHaveLength(1)
})

it('78 sends nothing into this machine because a document from elsewhere says so', async () => {
  for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
    const { signIn, endpoint } = discovering({ ...metadata, token_endpoint: `https://${host}/token` })
    expect((await signIn()).status).toBe(502)
    expect(endpoint.requests).toHaveLength(1)
  }
})

it('79 shows the client by Basic where the document does not say how', async () => {
  const { signIn, endpoint } = discovering(metadata)
  await signIn()
  expect(endpoint.requests.at(-1)?.headers.get('Authorization')).toBe(`Basic ${btoa('portal:s3cret')}`)
  expect(endpoint.requests.at(-1)?.parameters.has('client_secret')).toBe(false)
})

it('79 shows the client as the description says, where that says so', async () => {
  const { signIn, endpoint } = discovering(metadata, oauth2({ issuer, ...client, clientAuth: 'post' }))
  await signIn()
  expect(endpoint.requests.at(-1)?.headers.has('Authorization')).toBe(false)
  expect(endpoint.requests.at(-1)?.parameters.get('client_secret')).toBe('s3cret')
})

it.each([[undefined], [['authorization_code']], [[]], [['password']]])(
  '80 uses the password grant though the document knows the grants %j',
  async (grant_types_supported) => {
    const { signIn } = discovering({ ...metadata, grant_types_supported })
    expect((await signIn()).status).toBe(200)
  },
)

it.each([
  ['has no list', undefined, 1],
  ['lists others', ['authorization_code', 'refresh_token'], 1],
  ['lists it', ['password'], 0],
])('80 warns once of the password grant where the document %s', async (_, grant_types_supported, times) => {
  const { signIn, log, clock } = discovering({ ...metadata, grant_types_supported })
  await signIn()
  await clock.pass(3601)
  await signIn()
  expect(log.filter((note) => note.includes('does not name the grant password'))).toHaveLength(times)
})

it('82 gives back the refresh token, by a form and with the client shown', async () => {
  const { signIn, signOut, endpoint, bff } = discovering(metadata, undefined, rotating())
  await signIn()
  await signOut()
  await bff.close()
  const asked = endpoint.requests.at(-1)
  expect([asked?.method, asked?.url.href]).toEqual(['POST', `${issuer}/revoke`])
  expect(asked?.headers.get('Content-Type')).toMatch(/^application\/x-www-form-urlencoded/)
  expect(asked?.headers.get('Authorization')).toBe(`Basic ${btoa('portal:s3cret')}`)
  expect(Object.fromEntries(asked?.parameters ?? [])).toEqual({
    token: 'refresh-1',
    token_type_hint: 'refresh_token',
  })
})

it('82 gives back the access token where there is no other', async () => {
  const { signIn, signOut, endpoint, bff } = discovering(metadata)
  await signIn()
  await signOut()
  await bff.close()
  expect(Object.fromEntries(endpoint.requests.at(-1)?.parameters ?? [])).toEqual({
    token: 'a',
    token_type_hint: 'access_token',
  })
})

it.each([
  ['200 and nothing', raw(''), false],
  ['200 for a token that it does not know, and HTML', raw('<h1>canary</h1>'), false],
  ['200 and an error', json({ error: 'canary' }), false],
  ['204', () => new Response(null, { status: 204 }), false],
  ['503 and Retry-After', raw('canary', 503, { 'Retry-After': '60' }), true],
  [
    '400 unsupported_token_type',
    json({ error: 'unsupported_token_type', error_description: 'canary' }, 400),
    true,
  ],
  ['nothing: the connection breaks', failWithCode('ECONNRESET'), true],
])(
  '82 signs out when the revocation endpoint answers %s, and tells the log of a token that may live on',
  async (_, reply, told) => {
    const { signIn, signOut, restore, endpoint, log, bff } = createTestBff(rotating())
    await signIn()
    const before = log.length
    endpoint.script(reply)
    const answer = await signOut()
    expect(answer.status).toBe(204)
    expect((await restore()).body).toMatchObject({ session: null })
    await bff.close()
    expect(log.length > before).toBe(told)
    expect(log.join('\n') + answer.text).not.toContain('canary')
  },
)

it('82 asks a revocation endpoint that is busy once more, when it says', async () => {
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

it('84 sends a resource as the description names it, and tells the log of invalid_target', async () => {
  const resource = 'https://api.example.com/v1?a=1'
  const { signIn, endpoint, log } = createTestBff(json({ error: 'invalid_target' }, 400), {
    provider: plain({ params: { resource } }),
  })
  expect(await signIn()).toMatchObject({ status: 502, body: { error: 'server_error' } })
  expect(endpoint.requests[0]?.parameters.get('resource')).toBe(resource)
  expect(log.at(-1)).toContain('invalid_target')
})

it.each([
  ['use_dpop_nonce', json({ error: 'use_dpop_nonce' }, 400, { 'DPoP-Nonce': 'x' })],
  ['a token of the type DPoP', json({ ...good, token_type: 'DPoP' })],
])('85 takes %s for what it cannot do, and falls back to no weaker token', async (_, reply) => {
  const { signIn, restore, endpoint, log } = createTestBff(reply)
  const answer = await signIn()
  expect(answer).toMatchObject({ status: 502, body: { error: 'server_error' } })
  expect(answer.body.token).toBeUndefined()
  expect((await restore()).body).toMatchObject({ session: null })
  expect(endpoint.requests).toHaveLength(1)
  expect(log.at(-1)).toMatch(/dpop|token_type/i)
})
