import type { ProviderDescription } from '@latchkey/bff'
import { createBff, defineProvider } from '@latchkey/bff'
import { expect, it } from 'vitest'
import { createTestBff, credentials, flushPromises } from '../../packages/bff/test/support/browser.ts'
import { json, raw, rotating } from '../../packages/bff/test/support/token-endpoint.ts'
import { createRecordingBff, tokenResponse, createProvider, tokenEndpoint } from './setup.ts'

const specialCharacters = ' %&+£€'
const encodedCharacters = '+%25%26%2B%C2%A3%E2%82%AC'

/** A provider that sends all parameters in the query of a GET, as a few servers require. */
const getProvider: ProviderDescription = {
  ...createProvider(),
  grants: { password: { method: 'GET', clientAuth: 'query', scope: { default: ['read'] } } },
  refresh: { mode: 'none' },
}

/** A provider for each client authentication method. */
const providersByAuthMethod: Record<string, ProviderDescription> = {
  basic: createProvider(),
  post: createProvider({ clientAuth: 'post' }),
  none: createProvider({ clientAuth: 'none' }),
  query: getProvider,
}

it('1 sends POST at a sign-in and at a refresh', async () => {
  const { signIn, token, clock, endpoint } = createTestBff(rotating())
  await signIn()
  await clock.pass(901)
  await token(1)
  expect(endpoint.requests.map(({ method }) => method)).toEqual(['POST', 'POST'])
})

it('1 sends GET only if the description says so', async () => {
  const { signIn, endpoint } = createTestBff(json(tokenResponse), { provider: getProvider })
  await signIn()
  expect(endpoint.requests.map(({ method }) => method)).toEqual(['GET'])
  expect((await signIn({ method: 'GET' })).status).toBe(400)
})

it('2 encodes names and values as a UTF-8 form', async () => {
  const { sendRequest, sentRequests } = createRecordingBff(json(tokenResponse), {
    provider: createProvider({ params: { [specialCharacters]: specialCharacters }, scope: [] }),
  })
  await sendRequest('POST', '/session', {
    credentials: { username: specialCharacters, password: specialCharacters },
  })
  expect(sentRequests[0]?.request.headers.get('Content-Type')).toMatch(
    /^application\/x-www-form-urlencoded(;|$)/,
  )
  expect(sentRequests[0]?.body.split('&')).toEqual(
    expect.arrayContaining([
      `${encodedCharacters}=${encodedCharacters}`,
      'grant_type=password',
      `username=${encodedCharacters}`,
      `password=${encodedCharacters}`,
    ]),
  )
})

it.each([
  ['form-encoded', 'form', 'Y2xpZW50JTNBMTpzM2NyJTJCdCslMjUlQzIlQTM='],
  ['unencoded if the description says so', 'raw', Buffer.from('client:1:s3cr+t %£').toString('base64')],
] as const)('3 sends id and secret with Basic, %s', async (_, basicEncoding, expected) => {
  const { signIn, token, clock, endpoint } = createTestBff(rotating(), {
    provider: createProvider({ clientId: 'client:1', clientSecret: 's3cr+t %£', basicEncoding }),
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
  ['basic', 'the header', ['header', 'header', 'header']],
  ['post', 'the body', ['body', 'body', 'body']],
  ['none', 'no place', ['', '', '']],
  ['query', 'the query', ['query', 'body']],
])('4 sends the client secret in one place: %s means %s', async (method, _, expected) => {
  const revocation = { url: 'https://as.example.com/revoke' }
  const { signIn, token, signOut, clock, sentRequests, bff } = createRecordingBff(rotating(), {
    provider: { ...providersByAuthMethod[method], revocation } as ProviderDescription,
  })
  await signIn()
  await clock.pass(801)
  if (method !== 'query') await token(1)
  await signOut()
  await bff.close()
  const describeSecretPlaces = ({ request, body }: (typeof sentRequests)[number]): string =>
    [
      request.headers.has('Authorization') && 'header',
      new URLSearchParams(body).has('client_secret') && 'body',
      new URL(request.url).searchParams.has('client_secret') && 'query',
    ]
      .filter(Boolean)
      .join(' and ')
  expect(sentRequests.map(describeSecretPlaces)).toEqual(expected)
})

it.each(['basic', 'post', 'none'])(
  '5 writes neither client id nor secret into a URL (%s)',
  async (method) => {
    const { signIn, token, signOut, clock, sentRequests, bff } = createRecordingBff(rotating(), {
      provider: {
        ...providersByAuthMethod[method],
        revocation: { url: 'https://as.example.com/revoke' },
      } as ProviderDescription,
    })
    await signIn()
    await clock.pass(901)
    await token(1)
    await signOut()
    await bff.close()
    expect(sentRequests).toHaveLength(3)
    for (const { request } of sentRequests)
      expect(request.url).toMatch(/^https:\/\/as\.example\.com\/(token|revoke)$/)
  },
)

it('5 writes the client into the URL if the description says `query`', async () => {
  const { signIn, endpoint } = createTestBff(json(tokenResponse), { provider: getProvider })
  await signIn()
  expect(endpoint.requests[0]?.url.searchParams.get('client_id')).toBe('portal')
})

it.each([
  ['POST', createProvider({ tokenEndpoint: `${tokenEndpoint}?site=7&x=%20` }), '?site=7&x=%20'],
  [
    'GET',
    { ...getProvider, token: { url: `${tokenEndpoint}?site=7` } },
    '?site=7&grant_type=password&username=cathy&password=correct+horse&scope=read&client_id=portal&client_secret=s3cret',
  ],
])('6 keeps the query of the token endpoint (%s)', async (_, provider, query) => {
  const { signIn, endpoint } = createTestBff(json(tokenResponse), { provider })
  await signIn()
  expect(endpoint.requests[0]?.url.search).toBe(query)
})

it('6 rejects a token endpoint with a fragment', () => {
  expect(() => defineProvider(createProvider({ tokenEndpoint: `${tokenEndpoint}#a` }))).toThrow(
    /tokenEndpoint: has a fragment/,
  )
})

it.each(Object.entries(providersByAuthMethod))('7 sends no parameter twice (%s)', async (_, provider) => {
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
  '7 rejects a description that adds %s a second time',
  (name) => {
    expect(() => defineProvider(createProvider({ params: { [name]: 'x' } }))).toThrow(/params/)
    expect(() => defineProvider(createProvider({ tokenEndpoint: `${tokenEndpoint}?${name}=x` }))).toThrow(
      name,
    )
  },
)

it('7 rejects parameters that a page adds to the credentials', async () => {
  const { sendRequest, endpoint } = createTestBff(json(tokenResponse))
  for (const name of ['grant_type', 'client_id', 'scope', 'refresh_token', 'audience'])
    expect(
      (await sendRequest('POST', '/session', { credentials: { ...credentials, [name]: 'x' } })).status,
    ).toBe(400)
  expect(endpoint.requests).toEqual([])
})

it('8 omits an empty scope, secret and optional field', async () => {
  const field = { label: 'Site', type: 'text', optional: true } as const
  const login = { fields: { username: { ...field, optional: false }, password: field, site: field } }
  const { sendRequest, endpoint } = createTestBff(json(tokenResponse), {
    provider: {
      ...createProvider({ scope: [], clientAuth: 'none' }),
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
])('8 rejects the credentials %j', async (wrongCredentials) => {
  const { sendRequest, endpoint } = createTestBff(json(tokenResponse))
  expect((await sendRequest('POST', '/session', { credentials: wrongCredentials })).body.error).toBe(
    'invalid_request',
  )
  expect(endpoint.requests).toEqual([])
})

it.each([
  ['token endpoint', (url: string) => ({ ...createProvider(), token: { url } })],
  ['discovery document', (url: string) => ({ ...createProvider(), token: { discovery: url } })],
  [
    'fallback endpoint',
    (url: string) => ({ ...createProvider(), token: { discovery: tokenEndpoint, fallbackUrl: url } }),
  ],
  ['revocation endpoint', (url: string) => ({ ...createProvider(), revocation: { url } })],
  ['resource server', (url: string) => ({ ...createProvider(), resource: { baseUrls: [url] } })],
])('9 rejects a %s without TLS, except on loopback hosts', (_, at) => {
  for (const url of ['http://as.example.com/x', 'http://127.0.0.1.example.com/x', 'ftp://as.example.com/x'])
    expect(() => createBff({ provider: at(url) })).toThrow(/is not https/)
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
])('10 sends exactly the parameters of the password grant, with %s', async (_, options, names) => {
  const { signIn, endpoint } = createTestBff(json(tokenResponse), { provider: createProvider(options) })
  await signIn({ remember: true })
  expect(endpoint.requests[0]?.parameters.get('grant_type')).toBe('password')
  expect([...(endpoint.requests[0]?.parameters.keys() ?? [])].toSorted()).toEqual(names.toSorted())
})

it.each(['  spaces around  ', '\t', 'e\u{301}', '\u{e9}', '\u{212b}', 'p+&=% 😀 "\\', '\u{feff}x'])(
  '11 sends the password %j byte for byte',
  async (password) => {
    const { sendRequest, sentRequests } = createRecordingBff(json(tokenResponse))
    await sendRequest('POST', '/session', { credentials: { username: password, password } })
    for (const name of ['username', 'password'])
      expect(new URLSearchParams(sentRequests[0]?.body).get(name)).toBe(password)
  },
)

it.each([
  ['a line break', 'a\nb'],
  ['a carriage return', 'a\rb'],
  ['the first half of a surrogate pair', 'a\u{d83d}'],
  ['the second half of a surrogate pair', '\u{de00}a'],
])('11 rejects credentials with %s', async (_, value) => {
  const { sendRequest, endpoint } = createTestBff(json(tokenResponse))
  for (const wrong of [{ username: value }, { password: value }])
    expect(
      (await sendRequest('POST', '/session', { credentials: { ...credentials, ...wrong } })).status,
    ).toBe(400)
  expect(endpoint.requests).toEqual([])
})

it('13 refreshes with the refresh token and without a scope', async () => {
  const { signIn, token, clock, endpoint } = createTestBff(rotating())
  await signIn({ scope: ['read', 'write'] })
  await clock.pass(901)
  await token(1)
  expect([...(endpoint.requests[1]?.parameters ?? [])]).toEqual([
    ['grant_type', 'refresh_token'],
    ['refresh_token', 'refresh-1'],
  ])
})

it('14 joins scope values with one space', async () => {
  const { signIn, sentRequests } = createRecordingBff(json(tokenResponse), {
    provider: createProvider({ scope: ['target:b/OAUTH_TEST', 'fund.read'], allowedScope: [] }),
  })
  await signIn()
  expect(sentRequests[0]?.body.split('&')).toContain('scope=target%3Ab%2FOAUTH_TEST+fund.read')
})

it.each(['', 'two words', 'a"b', 'a\\b', 'é', 'a\tb', '\u{7f}'])(
  '14 rejects %j as a scope value',
  (value) => {
    expect(() => defineProvider(createProvider({ scope: [value] }))).toThrow(
      /scope\.0: .*Expected: one scope value/,
    )
    expect(() => defineProvider(createProvider({ allowedScope: [value] }))).toThrow(
      /allowedScope\.0: .*Expected: one scope value/,
    )
  },
)

it('14 omits a scope without values', async () => {
  const { signIn, endpoint } = createTestBff(json(tokenResponse), { provider: createProvider({ scope: [] }) })
  await signIn()
  expect(endpoint.requests[0]?.parameters.has('scope')).toBe(false)
})

it('15 compares scope values with case and without order', async () => {
  const { signIn } = createTestBff(json(tokenResponse), {
    provider: createProvider({ scope: ['read', 'write', 'Read'] }),
  })
  expect((await signIn({ scope: ['write', 'read'] })).status).toBe(200)
  expect((await signIn({ scope: ['READ'] })).status).toBe(400)
  expect((await signIn({ scope: ['Write'] })).status).toBe(400)
})

it('16 requests JSON at a sign-in and at a refresh', async () => {
  const { signIn, token, clock, endpoint } = createTestBff(rotating())
  await signIn()
  await clock.pass(901)
  await token(1)
  expect(endpoint.requests.map(({ headers }) => headers.get('Accept'))).toEqual([
    'application/json',
    'application/json',
  ])
})

it.each([301, 302, 303, 307, 308])('16 does not follow a %i with the password', async (status) => {
  const requestedUrls: string[] = []
  const { signIn } = createTestBff(json(tokenResponse), {
    platform: {
      // Follows redirects by default, as `fetch` does.
      fetch: async (input, init) => {
        const request = new Request(input, init)
        requestedUrls.push(request.url)
        if (request.redirect === 'error') throw new TypeError('unexpected redirect')
        if (request.redirect === 'follow') requestedUrls.push('https://evil.example/')
        return new Response(null, { status, headers: { Location: 'https://evil.example/' } })
      },
    },
  })
  expect((await signIn()).status).toBeGreaterThanOrEqual(500)
  expect(requestedUrls).toEqual([tokenEndpoint])
})

it.each([
  ['no response arrives', () => new Promise<Response>(() => {})],
  [
    'the response does not end',
    () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) })),
  ],
])('17 aborts the request when %s', async (_, reply) => {
  const { signIn, sentRequests, clock } = createRecordingBff(reply)
  const response = signIn()
  await flushPromises()
  await clock.pass(8)
  expect(await response).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })
  expect(sentRequests[0]?.request.signal.aborted).toBe(true)
})

it('17 accepts a token of 16 kB', async () => {
  const access_token = 'a'.repeat(16_384)
  const { body } = await createTestBff(
    json({ ...tokenResponse, access_token, refresh_token: 'b'.repeat(16_384) }),
  ).signIn()
  expect(body.token?.access_token).toBe(access_token)
})

it('17 cancels a response that is larger than any token', async () => {
  let isCancelled = false
  const endless = new ReadableStream<Uint8Array>({
    pull: (stream) => stream.enqueue(new TextEncoder().encode(' '.repeat(4096))),
    cancel: () => void (isCancelled = true),
  })
  const { signIn } = createTestBff(() => new Response(endless))
  expect(await signIn()).toMatchObject({ status: 503 })
  expect(isCancelled).toBe(true)
})

it('17 rejects an oversized response that begins with a token', async () => {
  const { signIn } = createTestBff(raw(`${JSON.stringify(tokenResponse)}${' '.repeat(2 ** 20)}`))
  expect((await signIn()).status).toBe(503)
})
