import { constants, createHmac, createSign, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { ProviderDescription } from '../src/index.ts'
import { nodePlatform } from '../src/platform.ts'
import { oauth2 } from '../src/providers/index.ts'
import { createTestBff } from './support/browser.ts'
import type { Reply } from './support/token-endpoint.ts'
import {
  failWithCode,
  failWithMessage,
  hangUntilReleased,
  json,
  raw,
  revokedAt,
  rotating,
} from './support/token-endpoint.ts'

const tokens = { access_token: 'a', token_type: 'Bearer', expires_in: 3600 }
const tokenEndpoint = 'https://as.example.com/token'
const client = { clientId: 'portal', clientSecret: 's3cret' }
const plain = oauth2({ tokenEndpoint, ...client, scope: ['read'] })

const withResponse = (response: ProviderDescription['response']): ProviderDescription => ({
  ...plain,
  response,
})

const withContentType = (type: string | null): Reply => {
  const bytes = new TextEncoder().encode(JSON.stringify(tokens))
  return () => new Response(bytes, { headers: type === null ? {} : { 'Content-Type': type } })
}

describe('accepts a response with', () => {
  it.each<[string, Reply]>([
    ['token_type Bearer', json(tokens)],
    ['token_type bearer', json({ ...tokens, token_type: 'bearer' })],
    ['token_type BEARER', json({ ...tokens, token_type: 'BEARER' })],
    ['refresh_token null', json({ ...tokens, refresh_token: null })],
    ['refresh_token empty', json({ ...tokens, refresh_token: '' })],
    ['refresh_token of another type', json({ ...tokens, refresh_token: { value: 1 } })],
    ['id_token null', json({ ...tokens, id_token: null })],
    ['id_token empty', json({ ...tokens, id_token: '' })],
    ['unknown members', json({ ...tokens, queries_log: [], user: { id: 7 } })],
    ['a member __proto__', raw(JSON.stringify(tokens).replace('{', '{"__proto__":{"scope":"admin"},'))],
    [
      'a member twice, of which the last one counts',
      raw(JSON.stringify(tokens).replace('{', '{"access_token":"b",')),
    ],
    ['status 201', json(tokens, 201)],
    ['status 202', json(tokens, 202)],
    ['the content type text/plain', withContentType('text/plain')],
    ['the content type text/html', withContentType('text/html; charset=utf-8')],
    ['the content type application/vnd.api+json', withContentType('application/vnd.api+json')],
    ['no content type', withContentType(null)],
    ['a byte order mark', raw(`\u{feff}${JSON.stringify(tokens)}`)],
    ['white space around it', raw(`\r\n ${JSON.stringify(tokens)}\n`)],
  ])('%s', async (_, reply) => {
    const { signIn, log } = createTestBff(reply, { provider: plain })
    const { status, body } = await signIn()
    expect(status).toBe(200)
    expect(body.token).toEqual({ access_token: 'a', token_type: 'Bearer', expires_in: 3600, sequence: 1 })
    expect(body.session).toMatchObject({ scope: ['read'], user: { username: 'cathy' } })
    expect(log).toHaveLength(1)
  })

  it.each<[unknown, string[]]>([
    ['read write', ['read', 'write']],
    [' write\t', ['write']],
    [
      ['read', 'write'],
      ['read', 'write'],
    ],
    [['write', 7, null], ['write']],
    [[], ['read']],
    ['', ['read']],
    [null, ['read']],
    [{ read: true }, ['read']],
    [undefined, ['read']],
  ])('scope %j, as the granted scope', async (scope, granted) => {
    const { signIn } = createTestBff(json({ ...tokens, scope }), { provider: plain })
    expect((await signIn()).body.session?.scope).toEqual(granted)
  })

  it.each<[string, unknown, number | null]>([
    ['3599', '3599', 3599],
    ['spaces around digits', ' 3599 ', 3599],
    ['a fraction, rounded down', 3599.7, 3599],
    ['1e15, limited to 366 days', 1e15, 31_622_400],
    ['a unit, as unknown', '3599s', null],
    ['a date, as unknown', '2030-01-01T00:00:00Z', null],
    ['null', null, null],
    ['an empty string', '', null],
    ['-1', -1, null],
    ['-1 as a string', '-1', null],
    ['true', true, null],
    ['an object', {}, null],
    ['no value', undefined, null],
  ])('expires_in with %s', async (_, value, expiresIn) => {
    const { signIn } = createTestBff(json({ ...tokens, expires_in: value }), { provider: plain })
    expect((await signIn()).body.token).toMatchObject({ access_token: 'a', expires_in: expiresIn })
  })

  it('expires_in of 0, as a session whose token has already expired', async () => {
    const { signIn } = createTestBff(json({ ...tokens, expires_in: 0 }), { provider: plain })
    const { status, body } = await signIn()
    expect([status, body.token]).toEqual([200, undefined])
    expect(body.session).toBeDefined()
  })

  it.each<[string, unknown, ProviderDescription['response']]>([
    ['no token_type', { access_token: 'a', expires_in: 3600 }, { defaultTokenType: 'Bearer' }],
    ['token_type null', { ...tokens, token_type: null }, { defaultTokenType: 'Bearer' }],
    ['token_type JWT', { ...tokens, token_type: 'JWT' }, { defaultTokenType: 'jwt' }],
    [
      'keys in camel case',
      { accessToken: 'a', tokenType: 'Bearer', expiresIn: 3600 },
      {
        fields: { access_token: '/accessToken', token_type: '/tokenType' },
        expiry: [{ from: '/expiresIn', as: 'seconds' }],
      },
    ],
    [
      'everything in `data`',
      { data: { ...tokens, expires: 3_600_000 } },
      {
        fields: { access_token: '/data/access_token', token_type: '/data/token_type' },
        expiry: [{ from: '/data/expires', as: 'ms' }],
      },
    ],
    [
      'the token as the whole body',
      'a',
      { fields: { access_token: '' }, defaultTokenType: 'Bearer', expiry: [{ seconds: 3600 }] },
    ],
  ])('%s, when the description says what it means', async (_, body, response) => {
    const { signIn } = createTestBff(json(body), { provider: withResponse(response) })
    expect((await signIn()).body.token).toMatchObject({
      access_token: 'a',
      token_type: 'Bearer',
      expires_in: 3600,
    })
  })

  it('a form-encoded body, when a hook converts it to JSON', async () => {
    const form = 'access_token=a&token_type=bearer&expires_in=3600'
    const { signIn } = createTestBff(
      raw(form, 200, { 'Content-Type': 'application/x-www-form-urlencoded' }),
      {
        provider: plain,
        hooks: {
          transformResponse: ({ status, text }) => ({
            status,
            text: JSON.stringify(Object.fromEntries(new URLSearchParams(text))),
          }),
        },
      },
    )
    expect((await signIn()).body.token).toMatchObject({ access_token: 'a', expires_in: 3600 })
  })
})

const form = { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' }
const html = { 'Content-Type': 'text/html' }
const plainText = { 'Content-Type': 'text/plain' }
const challenge = { 'WWW-Authenticate': 'Basic realm="as"' }
const wait = { 'Retry-After': '30' }

/** Signs in once with one request, of whose response no header reaches the page. */
async function getRejection(
  reply: Reply,
  timeout = 8,
): Promise<{ response: (string | number | undefined)[]; log: string[] }> {
  const { signIn, endpoint, log } = createTestBff(reply, {
    provider: plain,
    timeout,
    platform: { startTimer: (...timer) => nodePlatform.startTimer(...timer) },
  })
  const { status, headers, body } = await signIn()
  expect(endpoint.requests).toHaveLength(1)
  expect(headers.get('Set-Cookie')).toBeNull()
  expect(headers.get('WWW-Authenticate')).toBe(status === 401 ? 'Latchkey' : null)
  expect(headers.get('Retry-After')).toBe(body.retry_after === undefined ? null : String(body.retry_after))
  return { response: [status, body.error, body.retry_after], log: log.slice(1) }
}

describe('treats as wrong credentials a response with', () => {
  it.each<[string, Reply]>([
    ['200 and invalid_grant', json({ error: 'invalid_grant' })],
    ['200, invalid_grant and an empty token', json({ access_token: '', error: 'invalid_grant' })],
    ['200 and a description as the code', json({ error: 'No such user' })],
    ['400 and invalid_grant', json({ error: 'invalid_grant' }, 400)],
    ['400 and an unknown code', json({ error: 'locked' }, 400)],
    ['400 and HTML', raw('<h1>Bad', 400, html)],
    ['400 and a message', json({ message: 'Bad credentials' }, 400)],
    ['400 and an object about the username', json({ error: { username: ['is wrong'] } }, 400)],
    ['401, a challenge and invalid_grant', json({ error: 'invalid_grant' }, 401, challenge)],
    ['401 and nothing', raw('', 401, challenge)],
    ['403 and nothing', raw('', 403)],
    ['422 and a list', json({ errors: [{ code: 1 }] }, 422)],
  ])('%s', async (_, reply) => {
    expect(await getRejection(reply)).toEqual({
      response: [401, 'invalid_credentials', undefined],
      log: [],
    })
  })
})

describe('treats as wrong credentials, and names the field in the log, an invalid_request with', () => {
  it.each([
    ['Invalid parameter: `username`', 'username'],
    ['The Password contains characters that are not allowed', 'password'],
  ])('the description: %s', async (words, field) => {
    const { response, log } = await getRejection(
      json({ error: 'invalid_request', error_description: words }, 400),
    )
    expect(response).toEqual([401, 'invalid_credentials', undefined])
    expect(log).toEqual([expect.stringContaining(`it does not accept this value of ${field}`)])
  })
})

describe('treats as a configuration error, which the log explains, a response with', () => {
  it.each<[string, Reply, string]>([
    ['no token_type', json({ access_token: 'a' }), 'no token_type. Set defaultTokenType'],
    ['token_type null', json({ ...tokens, token_type: null }), 'no token_type'],
    ['token_type JWT', json({ ...tokens, token_type: 'JWT' }), 'a token_type other than Bearer'],
    ['token_type access_token', json({ ...tokens, token_type: 'access_token' }), 'other than Bearer'],
    ['token_type N_A', json({ ...tokens, token_type: 'N_A' }), 'other than Bearer'],
    ['token_type mac', json({ ...tokens, token_type: 'mac' }), 'other than Bearer'],
    ['token_type DPoP', json({ ...tokens, token_type: 'DPoP' }), 'RFC 9449'],
    ['access_token empty', json({ ...tokens, access_token: '' }), 'no access_token'],
    ['access_token null', json({ ...tokens, access_token: null }), 'no access_token'],
    ['access_token as a number', json({ ...tokens, access_token: 7 }), 'no access_token'],
    ['a line break in the token', json({ ...tokens, access_token: 'a\r\nb' }), 'a header cannot contain'],
    ['keys in camel case', json({ accessToken: 'a' }), 'say in response.fields where the token is'],
    ['everything in `data`', json({ data: tokens }), 'say in response.fields where the token is'],
    [
      'a form-encoded body',
      raw('access_token=a', 200, form),
      'is form-encoded, although Latchkey requested JSON',
    ],
    ['200 and invalid_client', json({ error: 'invalid_client' }), '200 invalid_client'],
    ['400 and invalid_client', json({ error: 'invalid_client' }, 400), 'the other values of clientAuth'],
    ['401, a challenge and invalid_client', json({ error: 'invalid_client' }, 401, challenge), '401 invalid'],
    ['unauthorized_client', json({ error: 'unauthorized_client' }, 400), 'may not use this grant'],
    ['unsupported_grant_type', json({ error: 'unsupported_grant_type' }, 400), 'switched off there'],
    ['invalid_scope', json({ error: 'invalid_scope' }, 400), 'the server does not know the scope'],
    ['invalid_request', json({ error: 'invalid_request' }, 400), 'a parameter is missing'],
    ...[
      'Missing parameter: `username`',
      'The password grant is not enabled',
      'Invalid parameter: `scope`',
      'username and client_id do not match',
      'unexpected parameter password',
    ].map((words): [string, Reply, string] => [
      `invalid_request and "${words}"`,
      json({ error: 'invalid_request', error_description: words }, 400),
      'a parameter is missing',
    ]),
    [
      'invalid_client_metadata, for the characters of a client secret',
      json({ error: 'invalid_client_metadata' }, 400),
      'Create a secret of letters and digits',
    ],
    ['400 as text/plain', raw('{"error":"invalid_client"}', 400, plainText), '400 invalid_client'],
    [
      '400 and an object about the client_id',
      json({ error: { client_id: ['is wrong'] } }, 400),
      'rejected client_id',
    ],
    ['404', raw('Not found', 404), '404. Check the URL of the token endpoint'],
    ['405', raw('', 405), '405. Check the URL of the token endpoint'],
    ['302', raw('', 302, { Location: '/login' }), '302: redirects are not followed'],
    ['307', raw('', 307, { Location: '/other' }), '307: redirects are not followed'],
  ])('%s', async (_, reply, hint) => {
    const { response, log } = await getRejection(reply)
    expect(response).toEqual([502, 'server_error', undefined])
    expect(log).toEqual([expect.stringContaining(hint)])
  })
})

describe('fails temporarily, and the log says why, after', () => {
  it.each<[string, Reply, string, number?, string?]>([
    [
      '429 and Retry-After',
      json({ error: 'slow_down' }, 429, wait),
      'responded with 429',
      30,
      'rate_limited',
    ],
    ['503 and Retry-After', raw('', 503, wait), 'responded with 503', 30],
    ['500 and HTML', raw('<h1>Oops', 500, html), 'responded with 500'],
    ['temporarily_unavailable', json({ error: 'temporarily_unavailable' }, 400), 'responded with 400'],
    ['a page of HTML', raw('<h1>Wi-Fi', 200, html), 'not a JSON object'],
    ['half of JSON', raw('{"access_token":"a'), 'not a JSON object'],
    ['an array', json([tokens]), 'not a JSON object'],
    ['null', json(null), 'not a JSON object'],
    ['nothing', raw(''), 'not a JSON object'],
    ['a body of more than 64 kB', raw('x'.repeat(70_000)), 'longer than 65536 bytes'],
    [
      'a reset connection',
      failWithCode('ECONNRESET'),
      'closed the connection without a response. See its log',
    ],
    ['a closed connection', failWithCode('UND_ERR_SOCKET'), 'whether it expects https on this port'],
    ['a port that fetch blocks', failWithMessage('bad port'), 'belongs to another protocol'],
    ['no connection', failWithCode('ECONNREFUSED'), 'nothing listens there'],
    ['an unknown host', failWithCode('ENOTFOUND'), 'its host name is not known'],
    ['a self-signed certificate', failWithCode('DEPTH_ZERO_SELF_SIGNED_CERT'), 'NODE_EXTRA_CA_CERTS'],
  ])('%s', async (_, reply, hint, after = 5, error = 'temporarily_unavailable') => {
    const { response, log } = await getRejection(reply)
    expect(response).toEqual([error === 'rate_limited' ? 429 : 503, error, after])
    expect(log).toEqual([expect.stringContaining(hint)])
  })

  it('no response within the timeout', async () => {
    const { response, log } = await getRejection(() => new Promise(() => {}), 0.05)
    expect(response).toEqual([503, 'temporarily_unavailable', 5])
    expect(log).toEqual([expect.stringContaining('no response within 0.05 s')])
  })
})

describe('an ID Token in the response to a password', () => {
  const issuer = 'https://as.example.com'
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const metadata = { issuer, token_endpoint: tokenEndpoint, jwks_uri: `${issuer}/keys` }
  const jwks = { keys: [{ ...keys.publicKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig' }] }
  const now = Date.parse('2026-01-01T00:00:00Z') / 1000
  const claims = { iss: issuer, aud: 'portal', sub: 'u7', name: 'Cathy', iat: now, exp: now + 300 }

  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const unsigned = (alg: string, body: object): string => `${part({ alg })}.${part(body)}`
  const rs256 = (body: object, key = keys.privateKey): string => {
    const text = unsigned('RS256', body)
    const signature = createSign('sha256').update(text).sign({ key, padding: constants.RSA_PKCS1_PADDING })
    return `${text}.${signature.toString('base64url')}`
  }
  const hs256 = (body: object): string => {
    const text = unsigned('HS256', body)
    return `${text}.${createHmac('sha256', client.clientSecret).update(text).digest('base64url')}`
  }
  const createServer =
    (idToken: string): Reply =>
    ({ url }) => {
      if (url.pathname === '/keys') return Response.json(jwks)
      if (url.pathname.includes('well-known')) return Response.json(metadata)
      return Response.json({ ...tokens, id_token: idToken, refresh_token: 'r' })
    }
  const discovered = oauth2({ issuer, ...client })

  it('names the user when it is valid', async () => {
    const { signIn } = createTestBff(createServer(rs256(claims)), { provider: discovered })
    expect((await signIn()).body.session?.user).toEqual({ sub: 'u7', name: 'Cathy' })
  })

  const unknownKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  it.each([
    ['signed by HS256', hs256(claims)],
    ['without a signature (alg none)', `${unsigned('none', claims)}.`],
    ['signed with another key', rs256(claims, unknownKey)],
    ['of another issuer', rs256({ ...claims, iss: 'https://evil.example' })],
    ['for another audience', rs256({ ...claims, aud: 'other' })],
    ['that has expired', rs256({ ...claims, exp: now - 120 })],
    ['without a subject', rs256({ ...claims, sub: undefined })],
    ['that is garbage', 'garbage'],
    ['that only looks like a JWT', 'a.b.c'],
  ])('%s fails the sign-in, and reaches neither the log nor the page', async (_, idToken) => {
    const { signIn, log } = createTestBff(createServer(idToken), { provider: discovered })
    const response = await signIn()
    expect(response).toMatchObject({ status: 502, body: { error: 'server_error' } })
    expect(log.at(-1)).toContain('the ID Token is not valid')
    expect(`${response.text}${log.join()}`).not.toContain(idToken)
  })

  it('is ignored without discovery, because it cannot be validated', async () => {
    const { signIn, log } = createTestBff(createServer(rs256(claims)), { provider: plain })
    expect((await signIn()).body.session?.user).toEqual({ username: 'cathy' })
    expect(log.at(-1)).toContain('Ignored an ID Token')
  })

  it('is ignored with one warning, not with one at every sign-in', async () => {
    const { signIn, log } = createTestBff(createServer(rs256(claims)), { provider: plain })
    await signIn()
    await signIn()
    expect(log.filter((line) => line.includes('Ignored an ID Token'))).toHaveLength(1)
  })

  it('is ignored in the response to a refresh', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(createServer(rs256(claims)), {
      provider: discovered,
    })
    await signIn()
    endpoint.script(createServer('garbage'))
    await clock.pass(3600)
    expect((await token(1)).body.session?.user).toEqual({ sub: 'u7', name: 'Cathy' })
  })

  it('fails the sign-in when the discovery document names another issuer', async () => {
    const otherIssuer: Reply = () => Response.json({ ...metadata, issuer: 'https://evil.example' })
    const { signIn, log } = createTestBff(otherIssuer, { provider: discovered })
    expect(await signIn()).toMatchObject({ status: 502, body: { error: 'server_error' } })
    expect(log.at(-1)).toContain('Expected: exactly "https://as.example.com"')
  })
})

describe('a revocation endpoint that responds with', () => {
  const revocable = oauth2({ tokenEndpoint, ...client, revocationEndpoint: 'https://as.example.com/revoke' })

  it.each<[string, Reply, RegExp | null, number]>([
    ['200', raw(''), null, 1],
    ['200 and any body', raw('<h1>Bye'), null, 1],
    ['204', () => new Response(null, { status: 204 }), null, 1],
    [
      '400',
      json({ error: 'unsupported_token_type' }, 400),
      /revocation endpoint responded with 400\. The token stays valid/,
      1,
    ],
    ['503', raw('', 503), /responded with 503\. The token stays valid/, 1],
    ['503 and Retry-After', raw('', 503, { 'Retry-After': '2' }), /responded with 503/, 2],
    ['302', raw('', 302, { Location: '/' }), /responded with 302/, 1],
    ['no response', failWithCode('ECONNRESET'), /the connection failed/, 1],
  ])('%s does not fail the sign-out', async (_, reply, warning, times) => {
    const issue = rotating()
    const server: Reply = (request) => (request.url.pathname === '/revoke' ? reply : issue)(request)
    const setup = createTestBff(server, {
      provider: revocable,
      platform: { sleep: () => Promise.resolve(undefined) },
    })
    await setup.signIn()
    expect((await setup.signOut()).status).toBe(204)
    await setup.bff.close()
    expect(revokedAt(setup.endpoint)).toEqual(Array(times).fill('refresh-1'))
    if (warning) expect(setup.log.at(-1)).toMatch(warning)
    else expect(setup.log).toHaveLength(1)
  })
})

it('sends one request for two refreshes at the same time', async () => {
  const server = rotating()
  const { signIn, token, endpoint, clock } = createTestBff(server, { provider: plain })
  await signIn()
  const slow = hangUntilReleased(server)
  endpoint.script(slow.reply)
  await clock.pass(901)
  const both = Promise.all([token(1), token(1)])
  slow.release()
  expect((await both).map(({ status }) => status)).toEqual([200, 200])
  expect(endpoint.requests).toHaveLength(2)
})
