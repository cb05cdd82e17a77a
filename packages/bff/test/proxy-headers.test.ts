import { describe, expect, it } from 'vitest'
import { createProxySetup, provider, routes } from './support/proxy-setup.ts'

const getNames = (headers: Headers): string[] => [...headers.keys()]

describe('a request to the resource server', () => {
  it('has the token of the session in place of the cookie and the Authorization of the page', async () => {
    const { send, received } = await createProxySetup()
    await send('/api/me', { headers: { Authorization: 'Bearer forged', Cookie2: '$Version=1' } })
    const [{ headers } = { headers: new Headers() }] = received
    expect(headers.get('Authorization')).toBe('Bearer access-1')
    expect(getNames(headers).filter((name) => name.startsWith('cookie'))).toEqual([])
  })

  it.each([
    ['X-Latchkey', '1'],
    ['Origin', 'https://portal.example.com'],
    ['Referer', 'https://portal.example.com/items'],
    ['Sec-Fetch-Site', 'same-origin'],
    ['Sec-CH-UA', '"x"'],
    ['Forwarded', 'for=10.0.0.1'],
    ['X-Forwarded-For', '10.0.0.1'],
    ['X-Forwarded-Host', 'evil.example'],
    ['X-Forwarded-User', 'admin'],
    ['X-Real-IP', '10.0.0.1'],
    ['X-Remote-User', 'admin'],
    ['X-HTTP-Method-Override', 'DELETE'],
    ['X-Original-URL', '/admin'],
    ['X-Rewrite-URL', '/admin'],
    ['Connection', 'close'],
    ['Keep-Alive', 'timeout=5'],
    ['Proxy-Authorization', 'Basic eDp5'],
    ['Proxy-Connection', 'close'],
    ['TE', 'trailers'],
    ['Trailer', 'X-Sum'],
    ['Transfer-Encoding', 'chunked'],
    ['Upgrade', 'h2c'],
    ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
    ['Sec-WebSocket-Protocol', 'chat'],
    ['Expect', '100-continue'],
    ['Host', 'evil.example'],
    ['Accept-Encoding', 'zstd'],
    ['Access-Control-Request-Method', 'PUT'],
  ])('has no %s of the page', async (name, value) => {
    const { send, received } = await createProxySetup()
    expect((await send('/api/me', { headers: { [name]: value } })).status).toBe(200)
    expect(received[0]?.headers.get(name)).toBeNull()
  })

  it('has no headers that Connection names, except the token', async () => {
    const { send, received } = await createProxySetup()
    const headers = {
      Connection: 'close, X-Request-ID , authorization',
      'X-Request-ID': '1',
      'X-Correlation-ID': '1',
    }
    await send('/api/me', { headers })
    expect(received[0]?.headers.get('X-Request-ID')).toBeNull()
    expect(received[0]?.headers.get('X-Correlation-ID')).toBe('1')
    expect(received[0]?.headers.get('Authorization')).toBe('Bearer access-1')
  })

  it('has the headers that APIs need', async () => {
    const { send, received } = await createProxySetup()
    const headers = {
      Accept: 'application/json',
      'Accept-Language': 'de',
      'Content-Type': 'application/merge-patch+json',
      'If-None-Match': '"1"',
      Range: 'bytes=0-9',
      'Idempotency-Key': 'k',
      'X-Requested-With': 'XMLHttpRequest',
      'Last-Event-ID': '7',
    }
    await send('/api/me', { method: 'PUT', headers, body: '{}' })
    for (const [name, value] of Object.entries(headers)) expect(received[0]?.headers.get(name)).toBe(value)
    expect(received[0]?.body).toBe('{}')
  })

  it.each([
    'X_HTTP_Method_Override',
    'X-HTTP_Method-Override',
    'X_Remote_User',
    'Remote_User',
    'X_Forwarded_For',
    'SSL_CLIENT_VERIFY',
    'Content_Type',
    'X-Consumer-Username',
    'X-Goog-Authenticated-User-Email',
    'X-Amzn-Oidc-Identity',
    'X-MS-Client-Principal-Name',
    'X-WebAuth-User',
    'X-Client-Cert',
    'Client-IP',
    'Fastly-Client-IP',
    'X-User',
    'X-Tenant',
  ])('has no %s, which is not on the list', async (name) => {
    const { send, received } = await createProxySetup()
    expect((await send('/api/me', { headers: { [name]: 'admin' } })).status).toBe(200)
    expect(JSON.stringify([...(received[0]?.headers ?? [])])).not.toContain('admin')
  })

  it('has the headers that its route names, and another route does not', async () => {
    const [items, special, me] = routes
    const proxy = [{ ...items, requestHeaders: ['X-Tenant'] }, special, me] as typeof routes
    const { send, received } = await createProxySetup({ proxy })
    for (const path of ['/api/items/7', '/api/me']) await send(path, { headers: { 'x-tenant': 't' } })
    expect(received.map(({ headers }) => headers.get('X-Tenant'))).toEqual(['t', null])
  })

  it('has the default headers of the provider, unless the page sets them', async () => {
    const resource = { headers: { Accept: 'application/vnd.x+json', 'X-Integration-Id': 'portal' } }
    const { send, received } = await createProxySetup({ provider: { ...provider, resource } })
    for (const Accept of ['', '*/*', 'image/png']) await send('/api/me', { headers: { Accept } })
    expect(received.map(({ headers }) => headers.get('Accept'))).toEqual([
      'application/vnd.x+json',
      'application/vnd.x+json',
      'image/png',
    ])
    expect(received[0]?.headers.get('X-Integration-Id')).toBe('portal')
  })

  it.each([
    [{ header: 'Authorization', scheme: 'OAuth2' }, 'Authorization', 'OAuth2 access-1'],
    [{ header: 'X-Auth-Token', scheme: '' }, 'X-Auth-Token', 'access-1'],
  ])('has the token where the provider expects it: %j', async (tokenPlacement, name, value) => {
    const { send, received } = await createProxySetup({
      provider: { ...provider, resource: { tokenPlacement } },
    })
    await send('/api/me', { headers: { Authorization: 'Bearer forged', [name]: 'forged' } })
    expect(received[0]?.headers.get(name)).toBe(value)
    expect(JSON.stringify([...(received[0]?.headers ?? [])])).not.toContain('forged')
  })

  it('has the User-Agent of the provider in place of the browser’s', async () => {
    const resource = { headers: { 'User-Agent': 'web:com.example.portal:v1' } }
    const { send, received } = await createProxySetup({ provider: { ...provider, resource } })
    await send('/api/me', { headers: { 'User-Agent': 'Mozilla/5.0' } })
    expect(received[0]?.headers.get('User-Agent')).toBe('web:com.example.portal:v1')
  })

  it('has the token in the query where the provider expects it, and rejects one of the page', async () => {
    const resource = { tokenPlacement: { query: 'access_token' } }
    const { send, received, respondWith } = await createProxySetup({ provider: { ...provider, resource } })
    respondWith(
      () =>
        new Response('ok', {
          headers: {
            'Cache-Control': 'max-age=60',
            Location: 'https://api.example.com/v1/items/7?access_token=access-1&a=1',
          },
        }),
    )
    const responses = [await send('/api/me'), await send('/api/items/7?a=%20b')]
    expect(received.map(({ url }) => new URL(url).search)).toEqual([
      '?access_token=access-1',
      '?a=%20b&access_token=access-1',
    ])
    expect(received[0]?.headers.get('Authorization')).toBeNull()
    for (const { headers } of responses) {
      expect(headers.get('Cache-Control')).toBe('no-store')
      expect(headers.get('Location')).toBe('/api/items/7?a=1')
    }
    for (const name of ['access_token', 'access%5Ftoken'])
      expect((await send(`/api/me?${name}=forged`)).status).toBe(400)
    expect(received).toHaveLength(2)
  })
})

describe('a response of the resource server', () => {
  /** Fetches an item; the resource server responds with these headers. */
  async function fetchItem(headers: [string, string][], status = 200, body: string | null = 'ok') {
    const setup = await createProxySetup()
    setup.respondWith(() => new Response(body, { status, headers }))
    return setup.send('/api/items/7')
  }

  it.each([
    ['Set-Cookie', '__Host-Http-latchkey=forged; Path=/'],
    ['Set-Cookie2', 'a=b'],
    ['Access-Control-Allow-Origin', '*'],
    ['Access-Control-Allow-Credentials', 'true'],
    ['Timing-Allow-Origin', '*'],
    ['Clear-Site-Data', '"*"'],
    ['Strict-Transport-Security', 'max-age=31536000; includeSubDomains'],
    ['Alt-Svc', 'h3=":443"'],
    ['Service-Worker-Allowed', '/'],
    ['Refresh', '0; url=https://evil.example'],
    ['NEL', '{}'],
    ['X-Accel-Redirect', '/internal/secrets'],
    ['X-Sendfile', '/etc/passwd'],
    ['CDN-Cache-Control', 'public, max-age=60'],
    ['Surrogate-Control', 'max-age=60'],
    ['Connection', 'close'],
    ['Keep-Alive', 'timeout=5'],
    ['Transfer-Encoding', 'chunked'],
    ['Proxy-Authenticate', 'Basic'],
    ['Upgrade', 'h2c'],
  ])('reaches the browser without %s', async (name, value) => {
    expect((await fetchItem([[name, value]])).headers.get(name)).toBeNull()
  })

  it('reaches the browser without cookies and without headers that Connection names', async () => {
    const { headers } = await fetchItem([
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
      ['Connection', 'x-hop'],
      ['X-Hop', '1'],
      ['ETag', '"1"'],
      ['X-Total-Count', '70'],
    ])
    expect(headers.getSetCookie()).toEqual([])
    expect(headers.get('X-Request-ID')).toBeNull()
    expect(headers.get('ETag')).toBe('"1"')
    expect(headers.get('X-Total-Count')).toBe('70')
  })

  it.each([
    [null, 'no-store'],
    ['', 'no-store'],
    ['public, max-age=60', 'private, max-age=60'],
    ['max-age=60, s-maxage=600, proxy-revalidate', 'private, max-age=60'],
    ['private="x-a, x-b", no-cache="set-cookie, x"', 'private, no-cache="set-cookie, x"'],
    ['No-Cache', 'private, No-Cache'],
    ['public, NO-STORE', 'no-store'],
  ])('with Cache-Control %s reaches the browser with %s', async (upstreamValue, value) => {
    const { headers } = await fetchItem(upstreamValue === null ? [] : [['Cache-Control', upstreamValue]])
    expect(headers.get('Cache-Control')).toBe(value)
    expect(headers.get('Vary')).toBe('Cookie, Origin, Sec-Fetch-Site')
  })

  it('keeps its Vary, and gets the BFF’s as well', async () => {
    const { headers } = await fetchItem([['Vary', 'Accept-Language']])
    expect(headers.get('Vary')).toBe('Accept-Language, Cookie, Origin, Sec-Fetch-Site')
  })

  it.each([
    ['Bearer realm="api", error="invalid_token"', 'Bearer realm="api", error="invalid_token"'],
    ['bearer scope="a b", error=insufficient_scope', 'Bearer scope="a b", error="insufficient_scope"'],
    ['Basic realm="api", Bearer', 'Bearer'],
    ['Basic realm="a, Bearer error=\\"x\\"", DPoP algs="ES256", Negotiate', 'DPoP algs="ES256"'],
    ['Bearer realm="a \\"b\\" c", Basic realm="x", charset="UTF-8"', 'Bearer realm="a \\"b\\" c"'],
    ['Bearer x, y Basic realm="z"', 'Bearer'],
    ['Basic realm="x"', 'Latchkey'],
    ['Negotiate', 'Latchkey'],
    ['NTLM TlRMTVNTUAACAAAA==', 'Latchkey'],
    ['"', 'Latchkey'],
    ['"\\"'.repeat(3000), 'Latchkey'],
  ])('with the challenge %s opens no sign-in dialog of the browser', async (challenge, value) => {
    const { headers } = await fetchItem([['WWW-Authenticate', challenge]], 401)
    expect(headers.get('WWW-Authenticate')).toBe(value)
  })

  it('has no Content-Encoding and Content-Length after fetch has decoded it', async () => {
    const gzip = await fetchItem([
      ['Content-Encoding', 'gzip'],
      ['Content-Length', '22'],
    ])
    expect(gzip.headers.get('Content-Encoding')).toBeNull()
    expect(gzip.headers.get('Content-Length')).toBeNull()
    const plain = await fetchItem([
      ['Content-Encoding', 'zstd'],
      ['Content-Length', '2'],
    ])
    expect(plain.headers.get('Content-Encoding')).toBe('zstd')
    expect(plain.headers.get('Content-Length')).toBe('2')
  })

  it('runs no script when a user opens its URL', async () => {
    const { headers } = await fetchItem([
      ['Content-Type', 'text/html'],
      ['X-Content-Type-Options', 'x'],
    ])
    expect(headers.get('Content-Security-Policy')).toBe('sandbox')
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
    const withPolicy = await fetchItem([['Content-Security-Policy', "default-src 'none'"]])
    expect(withPolicy.headers.get('Content-Security-Policy')).toBe("default-src 'none', sandbox")
    const pdf = await fetchItem([['Content-Type', 'application/pdf']])
    expect(pdf.headers.get('Content-Security-Policy')).toBeNull()
  })

  it.each([204, 205, 304])('with status %i has no body', async (status) => {
    const response = await fetchItem([['ETag', '"1"']], status, null)
    expect([response.status, response.body, response.headers.get('ETag')]).toEqual([status, null, '"1"'])
  })

  it.each([206, 404, 409, 418, 500, 503])('with status %i reaches the browser unchanged', async (status) => {
    const response = await fetchItem([['Content-Range', 'bytes 0-1/9']], status)
    expect([response.status, await response.text()]).toEqual([status, 'ok'])
  })

  it.each([
    ['/v1/items/8?a=1#b', '/api/items/8?a=1#b'],
    ['8', '/api/items/8'],
    ['https://api.example.com/v1/me', '/api/me'],
    ['//special.example.com/s/9', '/api/items/special/9'],
  ])('that redirects to %s, the target of a route, redirects the page to %s', async (location, path) => {
    for (const status of [301, 302, 303, 307, 308]) {
      const response = await fetchItem([['Location', location]], status, null)
      expect([response.status, response.headers.get('Location')]).toEqual([status, path])
    }
  })

  it.each([
    'https://evil.example/v1/items/8',
    'http://169.254.169.254/latest/meta-data',
    'http://api.example.com/v1/items/8',
    'https://api.example.com/v2/items/8',
    '/v1/items/../../admin',
    'javascript:alert(1)',
    'https://',
  ])('that redirects to %s becomes a 502, and the redirect is not followed', async (location) => {
    const setup = await createProxySetup()
    setup.respondWith(() => new Response('moved', { status: 302, headers: { Location: location } }))
    const response = await setup.send('/api/items/7')
    expect(response.status).toBe(502)
    expect(response.headers.get('Location')).toBeNull()
    expect(await response.json()).toMatchObject({ error: 'server_error' })
    expect(setup.received).toHaveLength(1)
    expect(setup.log.at(-1)).toContain(
      'Proxy request to api.example.com failed with 502: it responded with 302 and a Location outside the proxy routes',
    )
  })

  it('with status 201 keeps its Location only when a route leads there', async () => {
    const inside = await fetchItem([['Location', 'https://api.example.com/v1/items/8']], 201)
    expect(inside.headers.get('Location')).toBe('/api/items/8')
    const outside = await fetchItem([['Location', 'https://files.example.com/8?sig=x']], 201)
    expect([outside.status, outside.headers.get('Location')]).toEqual([201, null])
  })

  it.each([
    ['s', '7', '7'],
    ['ms', '1500', '2'],
    ['s', 'soon', null],
  ] as const)(
    'with status 429 gets a Retry-After from the provider’s header in %s: %s',
    async (unit, value, retryAfter) => {
      const resource = { rateLimit: { header: 'X-RateLimit-ResetAfter', unit } }
      const { send, respondWith } = await createProxySetup({ provider: { ...provider, resource } })
      const headers = { 'X-RateLimit-ResetAfter': value }
      respondWith(() => new Response(null, { status: 429, headers }))
      expect((await send('/api/me')).headers.get('Retry-After')).toBe(retryAfter)
      respondWith(() => new Response(null, { status: 429, headers: { ...headers, 'Retry-After': '60' } }))
      expect((await send('/api/me')).headers.get('Retry-After')).toBe('60')
      respondWith(() => new Response(null, { headers }))
      expect((await send('/api/me')).headers.get('Retry-After')).toBeNull()
    },
  )
})
