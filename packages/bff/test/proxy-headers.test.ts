import { describe, expect, it } from 'vitest'
import { createProxyScene, provider } from './support/proxy-setup.ts'

const named = (headers: Headers): string[] => [...headers.keys()]

describe('a request to the resource server', () => {
  it('has the token in place of the cookie and of whatever Authorization the page sent', async () => {
    const { send, received } = await createProxyScene()
    await send('/api/me', { headers: { Authorization: 'Bearer forged', Cookie2: '$Version=1' } })
    const [{ headers } = { headers: new Headers() }] = received
    expect(headers.get('Authorization')).toBe('Bearer access-1')
    expect(named(headers).filter((name) => name.startsWith('cookie'))).toEqual([])
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
    ['Upgrade', 'websocket'],
    ['Expect', '100-continue'],
    ['Host', 'evil.example'],
    ['Accept-Encoding', 'zstd'],
    ['Access-Control-Request-Method', 'PUT'],
  ])('never carries the %s of the page', async (name, value) => {
    const { send, received } = await createProxyScene()
    expect((await send('/api/me', { headers: { [name]: value } })).status).toBe(200)
    expect(received[0]?.headers.get(name)).toBeNull()
  })

  it('loses what Connection names, but for what the proxy writes itself', async () => {
    const { send, received } = await createProxyScene()
    const headers = { Connection: 'close, X-Hop , authorization', 'X-Hop': '1', 'X-Kept': '1' }
    await send('/api/me', { headers })
    expect(received[0]?.headers.get('X-Hop')).toBeNull()
    expect(received[0]?.headers.get('X-Kept')).toBe('1')
    expect(received[0]?.headers.get('Authorization')).toBe('Bearer access-1')
  })

  it('keeps what an API may need', async () => {
    const { send, received } = await createProxyScene()
    const headers = {
      Accept: 'application/json',
      'Accept-Language': 'de',
      'Content-Type': 'application/merge-patch+json',
      'If-None-Match': '"1"',
      Range: 'bytes=0-9',
      'Idempotency-Key': 'k',
      'X-Tenant': 't',
      'Last-Event-ID': '7',
    }
    await send('/api/me', { method: 'PUT', headers, body: '{}' })
    for (const [name, value] of Object.entries(headers)) expect(received[0]?.headers.get(name)).toBe(value)
    expect(received[0]?.body).toBe('{}')
  })

  it('says what the provider wants said, where the page says nothing else', async () => {
    const resource = { headers: { Accept: 'application/vnd.x+json', 'X-Integration-Id': 'portal' } }
    const { send, received } = await createProxyScene({ provider: { ...provider, resource } })
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
  ])('shows the token as the provider has it', async (attach, name, value) => {
    const { send, received } = await createProxyScene({
      provider: { ...provider, resource: { tokenPlacement: attach } },
    })
    await send('/api/me', { headers: { Authorization: 'Bearer forged', [name]: 'forged' } })
    expect(received[0]?.headers.get(name)).toBe(value)
    expect(JSON.stringify([...(received[0]?.headers ?? [])])).not.toContain('forged')
  })

  it('names the application in place of the browser where the provider wants that', async () => {
    const resource = { headers: { 'User-Agent': 'web:com.example.portal:v1' } }
    const { send, received } = await createProxyScene({ provider: { ...provider, resource } })
    await send('/api/me', { headers: { 'User-Agent': 'Mozilla/5.0' } })
    expect(received[0]?.headers.get('User-Agent')).toBe('web:com.example.portal:v1')
  })

  it('has the token in the query for a provider that wants it there, and only ours', async () => {
    const resource = { tokenPlacement: { query: 'access_token' } }
    const { send, received, answer } = await createProxyScene({ provider: { ...provider, resource } })
    answer(
      () =>
        new Response('ok', {
          headers: {
            'Cache-Control': 'max-age=60',
            Location: 'https://api.example.com/v1/items/7?access_token=access-1&a=1',
          },
        }),
    )
    const answers = [await send('/api/me'), await send('/api/items/7?a=%20b')]
    expect(received.map(({ url }) => new URL(url).search)).toEqual([
      '?access_token=access-1',
      '?a=%20b&access_token=access-1',
    ])
    expect(received[0]?.headers.get('Authorization')).toBeNull()
    for (const { headers } of answers) {
      expect(headers.get('Cache-Control')).toBe('no-store')
      expect(headers.get('Location')).toBe('/api/items/7?a=1')
    }
    for (const name of ['access_token', 'access%5Ftoken'])
      expect((await send(`/api/me?${name}=forged`)).status).toBe(400)
    expect(received).toHaveLength(2)
  })
})

describe('an answer of the resource server', () => {
  async function answered(headers: [string, string][], status = 200, body: string | null = 'ok') {
    const scene = await createProxyScene()
    scene.answer(() => new Response(body, { status, headers }))
    return scene.send('/api/items/7')
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
  ])('never brings its %s to the browser', async (name, value) => {
    expect((await answered([[name, value]])).headers.get(name)).toBeNull()
  })

  it('brings several cookies to nobody, and loses what Connection names', async () => {
    const { headers } = await answered([
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
      ['Connection', 'x-hop'],
      ['X-Hop', '1'],
      ['ETag', '"1"'],
      ['X-Total-Count', '70'],
    ])
    expect(headers.getSetCookie()).toEqual([])
    expect(headers.get('X-Hop')).toBeNull()
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
  ])('with Cache-Control %s is told to caches as %s', async (said, told) => {
    const { headers } = await answered(said === null ? [] : [['Cache-Control', said]])
    expect(headers.get('Cache-Control')).toBe(told)
    expect(headers.get('Vary')).toBe('Cookie, Origin, Sec-Fetch-Site')
  })

  it('keeps its own Vary beside ours', async () => {
    const { headers } = await answered([['Vary', 'Accept-Language']])
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
  ])('with the challenge %s opens no dialog', async (said, told) => {
    expect((await answered([['WWW-Authenticate', said]], 401)).headers.get('WWW-Authenticate')).toBe(told)
  })

  it('that fetch has decoded is described as it is by now', async () => {
    const gzip = await answered([
      ['Content-Encoding', 'gzip'],
      ['Content-Length', '22'],
    ])
    expect(gzip.headers.get('Content-Encoding')).toBeNull()
    expect(gzip.headers.get('Content-Length')).toBeNull()
    const plain = await answered([
      ['Content-Encoding', 'zstd'],
      ['Content-Length', '2'],
    ])
    expect(plain.headers.get('Content-Encoding')).toBe('zstd')
    expect(plain.headers.get('Content-Length')).toBe('2')
  })

  it('runs no script when somebody opens it by its address', async () => {
    const { headers } = await answered([
      ['Content-Type', 'text/html'],
      ['X-Content-Type-Options', 'x'],
    ])
    expect(headers.get('Content-Security-Policy')).toBe('sandbox')
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
    const own = await answered([['Content-Security-Policy', "default-src 'none'"]])
    expect(own.headers.get('Content-Security-Policy')).toBe("default-src 'none', sandbox")
    const pdf = await answered([['Content-Type', 'application/pdf']])
    expect(pdf.headers.get('Content-Security-Policy')).toBeNull()
  })

  it.each([204, 205, 304])('of status %i comes without a body', async (status) => {
    const answer = await answered([['ETag', '"1"']], status, null)
    expect([answer.status, answer.body, answer.headers.get('ETag')]).toEqual([status, null, '"1"'])
  })

  it.each([206, 404, 409, 418, 500, 503])('of status %i comes as it is', async (status) => {
    const answer = await answered([['Content-Range', 'bytes 0-1/9']], status)
    expect([answer.status, await answer.text()]).toEqual([status, 'ok'])
  })

  it.each([
    ['/v1/items/8?a=1#b', '/api/items/8?a=1#b'],
    ['8', '/api/items/8'],
    ['https://api.example.com/v1/me', '/api/me'],
    ['//special.example.com/s/9', '/api/items/special/9'],
  ])('that redirects to %s, where a route leads, redirects the page to %s', async (location, address) => {
    for (const status of [301, 302, 303, 307, 308]) {
      const answer = await answered([['Location', location]], status, null)
      expect([answer.status, answer.headers.get('Location')]).toEqual([status, address])
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
  ])('that redirects to %s is an error, and is not followed', async (location) => {
    const scene = await createProxyScene()
    scene.answer(() => new Response('moved', { status: 302, headers: { Location: location } }))
    const answer = await scene.send('/api/items/7')
    expect(answer.status).toBe(502)
    expect(answer.headers.get('Location')).toBeNull()
    expect(await answer.json()).toMatchObject({ error: 'server_error' })
    expect(scene.received).toHaveLength(1)
    expect(scene.notes.at(-1)).toContain('api.example.com answered 302 with a Location outside the routes')
  })

  it('that created something says where only if the page can go there', async () => {
    const inside = await answered([['Location', 'https://api.example.com/v1/items/8']], 201)
    expect(inside.headers.get('Location')).toBe('/api/items/8')
    const outside = await answered([['Location', 'https://files.example.com/8?sig=x']], 201)
    expect([outside.status, outside.headers.get('Location')]).toEqual([201, null])
  })

  it.each([
    ['s', '7', '7'],
    ['ms', '1500', '2'],
    ['s', 'soon', null],
  ] as const)('that limits the rate says when to come again, told in %s', async (unit, value, told) => {
    const resource = { rateLimit: { header: 'X-RateLimit-ResetAfter', unit } }
    const { send, answer } = await createProxyScene({ provider: { ...provider, resource } })
    const headers = { 'X-RateLimit-ResetAfter': value }
    answer(() => new Response(null, { status: 429, headers }))
    expect((await send('/api/me')).headers.get('Retry-After')).toBe(told)
    answer(() => new Response(null, { status: 429, headers: { ...headers, 'Retry-After': '60' } }))
    expect((await send('/api/me')).headers.get('Retry-After')).toBe('60')
    answer(() => new Response(null, { headers }))
    expect((await send('/api/me')).headers.get('Retry-After')).toBeNull()
  })
})
