import type { ProviderDescription } from '@latchkey/bff'
import { createBff, defineProvider } from '@latchkey/bff'
import { expect, it } from 'vitest'
import { createTestBff, credentials } from '../../packages/bff/test/support/browser.ts'
import { json, raw, rotating } from '../../packages/bff/test/support/token-endpoint.ts'
import { createWatchedScene, good, plain, tokenEndpoint } from './setup.ts'

const characters = ' %&+£€'
const encoded = '+%25%26%2B%C2%A3%E2%82%AC'

/** The plain provider with its credentials in the query of a GET, as a few servers want it. */
const byGet: ProviderDescription = {
  ...plain(),
  grants: { password: { method: 'GET', clientAuth: 'query', scope: { default: ['read'] } } },
  refresh: { mode: 'none' },
}

/** One provider for each way to show who the client is. */
const ways: Record<string, ProviderDescription> = {
  basic: plain(),
  post: plain({ clientAuth: 'post' }),
  none: plain({ clientAuth: 'none' }),
  query: byGet,
}

it('1 asks with POST, for the first token and for the next', async () => {
  const { signIn, token, clock, endpoint } = createTestBff(rotating())
  await signIn()
  await clock.pass(901)
  await token(1)
  expect(endpoint.requests.map(({ method }) => method)).toEqual(['POST', 'POST'])
})

it('1 asks with GET only where the description says so', async () => {
  const { signIn, endpoint } = createTestBff(json(good), { provider: byGet })
  await signIn()
  expect(endpoint.requests.map(({ method }) => method)).toEqual(['GET'])
  expect((await signIn({ method: 'GET' })).status).toBe(400)
})

it('2 writes names and values as a form in UTF-8', async () => {
  const { sendRequest, sent } = createWatchedScene(json(good), {
    provider: plain({ params: { [characters]: characters }, scope: [] }),
  })
  await sendRequest('POST', '/session', { credentials: { username: characters, password: characters } })
  expect(sent[0]?.request.headers.get('Content-Type')).toMatch(/^application\/x-www-form-urlencoded(;|$)/)
  expect(sent[0]?.body.split('&')).toEqual(
    expect.arrayContaining([
      `${encoded}=${encoded}`,
      'grant_type=password',
      `username=${encoded}`,
      `password=${encoded}`,
    ]),
  )
})

it.each([
  ['form-encoded', 'form', 'Y2xpZW50JTNBMTpzM2NyJTJCdCslMjUlQzIlQTM='],
  ['as it is where the description says so', 'raw', Buffer.from('client:1:s3cr+t %£').toString('base64')],
] as const)('3 shows id and secret by Basic, %s', async (_, basicEncoding, expected) => {
  const { signIn, token, clock, endpoint } = createTestBff(rotating(), {
    provider: plain({ clientId: 'client:1', clientSecret: 's3cr+t %£', basicEncoding }),
  })
  await signIn()
  await clock.pass(901)
  await token(1)
  expect(endpoint.requests.map(({ headers }) => headers.get('Authorization'))).toEqual([
    `Basic ${expected}`,
    `Basic ${expected}`,
  ])
})

it.each([
  ['basic', 'header', ['header', 'header', 'header']],
  ['post', 'the body', ['body', 'body', 'body']],
  ['none', 'no secret', ['', '', '']],
  ['query', 'query', ['query', 'body']],
])('4 shows its secret in one way alone: %s means %s', async (way, _, expected) => {
  const revocation = { url: 'https://as.example.com/revoke' }
  const { signIn, token, signOut, clock, sent, bff } = createWatchedScene(rotating(), {
    provider: { ...ways[way], revocation } as ProviderDescription,
  })
  await signIn()
  await clock.pass(801)
  if (way !== 'query') await token(1)
  await signOut()
  await bff.close()
  const placesOf = ({ request, body }: (typeof sent)[number]): string =>
    [
      request.headers.has('Authorization') && 'header',
      new URLSearchParams(body).has('client_secret') && 'body',
      new URL(request.url).searchParams.has('client_secret') && 'query',
    ]
      .filter(Boolean)
      .join(' and ')
  expect(sent.map(placesOf)).toEqual(expected)
})

it.each(['basic', 'post', 'none'])('5 writes nothing of the client into a URL (%s)', async (way) => {
  const { signIn, token, signOut, clock, sent, bff } = createWatchedScene(rotating(), {
    provider: { ...ways[way], revocation: { url: 'https://as.example.com/revoke' } } as ProviderDescription,
  })
  await signIn()
  await clock.pass(901)
  await token(1)
  await signOut()
  await bff.close()
  expect(sent).toHaveLength(3)
  for (const { request } of sent) expect(request.url).toMatch(/^https:\/\/as\.example\.com\/(token|revoke)$/)
})

it('5 writes the client into the URL where the description says `query`', async () => {
  const { signIn, endpoint } = createTestBff(json(good), { provider: byGet })
  await signIn()
  expect(endpoint.requests[0]?.url.searchParams.get('client_id')).toBe('portal')
})

it.each([
  ['POST', plain({ tokenEndpoint: `${tokenEndpoint}?site=7&x=%20` }), '?site=7&x=%20'],
  [
    'GET',
    { ...byGet, token: { url: `${tokenEndpoint}?site=7` } },
    '?site=7&grant_type=password&username=cathy&password=correct+horse&scope=read&client_id=portal&client_secret=s3cret',
  ],
])('6 keeps the query of the token endpoint (%s)', async (_, provider, query) => {
  const { signIn, endpoint } = createTestBff(json(good), { provider })
  await signIn()
  expect(endpoint.requests[0]?.url.search).toBe(query)
})

it('6 refuses a token endpoint with a fragment', () => {
  expect(() => defineProvider(plain({ tokenEndpoint: `${tokenEndpoint}#a` }))).toThrow(
    /token\.url: .*fragment/,
  )
})

it.each(Object.entries(ways))('7 sends no parameter twice (%s)', async (_, provider) => {
  const { signIn, token, clock, endpoint } = createTestBff(rotating(), { provider })
  await signIn()
  await clock.pass(801)
  await token(1)
  for (const { url, parameters } of endpoint.requests) {
    const names = [...(url.search === '' ? parameters : url.searchParams).keys()]
    expect(names).toEqual([...new Set(names)])
  }
})

it.each(['grant_type', 'client_id', 'client_secret', 'refresh_token', 'scope', 'username', 'password'])(
  '7 refuses a description that writes %s a second time',
  (name) => {
    expect(() => defineProvider(plain({ params: { [name]: 'x' } }))).toThrow(/params/)
    expect(() => defineProvider(plain({ tokenEndpoint: `${tokenEndpoint}?${name}=x` }))).toThrow(name)
  },
)

it('7 sends nothing that a page adds to the credentials', async () => {
  const { sendRequest, endpoint } = createTestBff(json(good))
  for (const name of ['grant_type', 'client_id', 'scope', 'refresh_token', 'audience'])
    expect(
      (await sendRequest('POST', '/session', { credentials: { ...credentials, [name]: 'x' } })).status,
    ).toBe(400)
  expect(endpoint.requests).toEqual([])
})

it('8 leaves out what is empty: a scope, a secret, a field that nobody has to fill in', async () => {
  const field = { label: 'Site', type: 'text', optional: true } as const
  const login = { fields: { username: { ...field, optional: false }, password: field, site: field } }
  const { sendRequest, endpoint } = createTestBff(json(good), {
    provider: {
      ...plain({ scope: [], clientAuth: 'none', clientSecret: '' }),
      client: { id: 'portal' },
      login,
    },
  })
  await sendRequest('POST', '/session', { credentials: { ...credentials, site: '' } })
  expect([...(endpoint.requests[0]?.parameters.keys() ?? [])]).toEqual([
    'grant_type',
    'username',
    'password',
    'client_id',
  ])
})

it.each([
  { username: '', password: 'p' },
  { username: 'cathy', password: '' },
  { username: 'cathy' },
  { password: 'p' },
])('8 refuses to ask with %j', async (typed) => {
  const { sendRequest, endpoint } = createTestBff(json(good))
  expect((await sendRequest('POST', '/session', { credentials: typed })).body.error).toBe('invalid_request')
  expect(endpoint.requests).toEqual([])
})

it.each([
  ['token endpoint', (url: string) => ({ ...plain(), token: { url } })],
  ['discovery document', (url: string) => ({ ...plain(), token: { discovery: url } })],
  ['fall-back', (url: string) => ({ ...plain(), token: { discovery: tokenEndpoint, fallbackUrl: url } })],
  ['revocation endpoint', (url: string) => ({ ...plain(), revocation: { url } })],
  ['resource server', (url: string) => ({ ...plain(), resource: { baseUrls: [url] } })],
])('9 refuses a %s without TLS, but for this machine', (_, at) => {
  for (const url of ['http://as.example.com/x', 'http://127.0.0.1.example.com/x', 'ftp://as.example.com/x'])
    expect(() => createBff({ provider: at(url) })).toThrow(/must be https/)
  for (const url of ['http://localhost:9000/x', 'http://127.0.0.1/x', 'http://[::1]:1/x'])
    expect(defineProvider(at(url))).toBeDefined()
})

it.each([
  ['a scope', { scope: ['read'] }, ['grant_type', 'username', 'password', 'scope']],
  ['no scope', { scope: [] }, ['grant_type', 'username', 'password']],
  [
    'a parameter of the description',
    { scope: [], params: { audience: 'x' } },
    ['grant_type', 'username', 'password', 'audience'],
  ],
])('10 sends what the password grant has and nothing else, with %s', async (_, more, names) => {
  const { signIn, endpoint } = createTestBff(json(good), { provider: plain(more) })
  await signIn({ remember: true })
  expect(endpoint.requests[0]?.parameters.get('grant_type')).toBe('password')
  expect([...(endpoint.requests[0]?.parameters.keys() ?? [])].toSorted()).toEqual(names.toSorted())
})

it.each(['  spaces around  ', '\t', 'e\u{301}', '\u{e9}', '\u{212b}', 'p+&=% 😀 "\\', '\u{feff}x'])(
  '11 sends the password %j to the byte',
  async (password) => {
    const { sendRequest, sent } = createWatchedScene(json(good))
    await sendRequest('POST', '/session', { credentials: { username: password, password } })
    for (const name of ['username', 'password'])
      expect(new URLSearchParams(sent[0]?.body).get(name)).toBe(password)
  },
)

it.each([
  ['a line break', 'a\nb'],
  ['a carriage return', 'a\rb'],
  ['the first half of a character', 'a\u{d83d}'],
  ['the second half of a character', '\u{de00}a'],
])('11 sends nothing with %s in it', async (_, typed) => {
  const { sendRequest, endpoint } = createTestBff(json(good))
  for (const wrong of [{ username: typed }, { password: typed }])
    expect(
      (await sendRequest('POST', '/session', { credentials: { ...credentials, ...wrong } })).status,
    ).toBe(400)
  expect(endpoint.requests).toEqual([])
})

it('13 refreshes with the refresh token and no scope, whatever was asked for at first', async () => {
  const { signIn, token, clock, endpoint } = createTestBff(rotating())
  await signIn({ scope: ['read', 'write'] })
  await clock.pass(901)
  await token(1)
  expect([...(endpoint.requests[1]?.parameters ?? [])]).toEqual([
    ['grant_type', 'refresh_token'],
    ['refresh_token', 'refresh-1'],
  ])
})

it('14 joins the values of a scope with one space', async () => {
  const { signIn, sent } = createWatchedScene(json(good), {
    provider: plain({ scope: ['target:b/OAUTH_TEST', 'fund.read'], allowedScope: [] }),
  })
  await signIn()
  expect(sent[0]?.body.split('&')).toContain('scope=target%3Ab%2FOAUTH_TEST+fund.read')
})

it.each(['', 'two words', 'a"b', 'a\\b', 'é', 'a\tb', '\u{7f}'])(
  '14 takes %j for no value of a scope',
  (value) => {
    expect(() => defineProvider(plain({ scope: [value] }))).toThrow(/scope.*must be one scope value/)
    expect(() => defineProvider(plain({ allowedScope: [value] }))).toThrow(/scope.*must be one scope value/)
  },
)

it('14 leaves the scope out when there is no value', async () => {
  const { signIn, endpoint } = createTestBff(json(good), { provider: plain({ scope: [] }) })
  await signIn()
  expect(endpoint.requests[0]?.parameters.has('scope')).toBe(false)
})

it('15 compares the values of a scope by case and not by order', async () => {
  const { signIn } = createTestBff(json(good), { provider: plain({ scope: ['read', 'write', 'Read'] }) })
  expect((await signIn({ scope: ['write', 'read'] })).status).toBe(200)
  expect((await signIn({ scope: ['READ'] })).status).toBe(400)
  expect((await signIn({ scope: ['Write'] })).status).toBe(400)
})

it('16 asks for JSON, at a sign-in and at a refresh', async () => {
  const { signIn, token, clock, endpoint } = createTestBff(rotating())
  await signIn()
  await clock.pass(901)
  await token(1)
  expect(endpoint.requests.map(({ headers }) => headers.get('Accept'))).toEqual([
    'application/json',
    'application/json',
  ])
})

it.each([301, 302, 303, 307, 308])('16 carries no password to where a %i points', async (status) => {
  const heard: string[] = []
  const { signIn } = createTestBff(json(good), {
    platform: {
      // Follows redirects unless told not to, as every `fetch` does.
      fetch: async (input, init) => {
        const request = new Request(input, init)
        heard.push(request.url)
        if (request.redirect === 'error') throw new TypeError('unexpected redirect')
        if (request.redirect === 'follow') heard.push('https://evil.example/')
        return new Response(null, { status, headers: { Location: 'https://evil.example/' } })
      },
    },
  })
  expect((await signIn()).status).toBeGreaterThanOrEqual(500)
  expect(heard).toEqual([tokenEndpoint])
})

it.each([
  ['no answer comes', () => new Promise<Response>(() => {})],
  ['the answer has no end', () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) }))],
])('17 gives up in time when %s, and tells fetch so', async (_, reply) => {
  const { signIn, sent } = createWatchedScene(reply, { timeout: 0.05 })
  expect(await signIn()).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })
  expect(sent[0]?.request.signal.aborted).toBe(true)
})

it('17 takes a token of 16 kB', async () => {
  const access_token = 'a'.repeat(16_384)
  const { body } = await createTestBff(json({ ...good, access_token, refresh_token: access_token })).signIn()
  expect(body.token?.access_token).toBe(access_token)
})

it('17 reads no answer that is larger than any token, and stops the sender', async () => {
  let stopped = false
  const endless = new ReadableStream<Uint8Array>({
    pull: (stream) => stream.enqueue(new TextEncoder().encode(' '.repeat(4096))),
    cancel: () => void (stopped = true),
  })
  const { signIn } = createTestBff(() => new Response(endless))
  expect(await signIn()).toMatchObject({ status: 503 })
  expect(stopped).toBe(true)
})

it('17 refuses a large answer that is a token at its beginning', async () => {
  const { signIn } = createTestBff(raw(`${JSON.stringify(good)}${' '.repeat(2 ** 20)}`))
  expect((await signIn()).status).toBe(503)
})
