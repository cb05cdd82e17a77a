import { describe, expect, it } from 'vitest'
import type { BffOptions } from '../src/index.ts'
import { createBff } from '../src/index.ts'
import { createTestLogger, page } from './support/browser.ts'
import { createProxySetup, provider, routes } from './support/proxy-setup.ts'

const withBases = (...baseUrls: string[]): BffOptions['provider'] => ({ ...provider, resource: { baseUrls } })

const createWithRoutes = (proxy: unknown, description: BffOptions['provider'] = provider): unknown =>
  createBff({ provider: description, mode: 'proxy', proxy: proxy as never, logger: createTestLogger() })

describe('a wrong proxy route', () => {
  const to = 'https://api.example.com/items'
  it.each([
    ['a path without a slash', { path: 'api', to }, /proxy\.0 \(api\): path is not usable/],
    ['the root', { path: '/', to }, /path is not usable/],
    ['the whole origin', { path: '/*', to: `${to}/*` }, /path is not usable/],
    ['a star in the middle', { path: '/api/*/me', to }, /path is not usable/],
    ['a star behind a letter', { path: '/api*', to }, /path is not usable/],
    ['dot segments', { path: '/api/../auth', to }, /path is not usable/],
    ['a query', { path: '/api?x', to }, /path is not usable/],
    ['an encoded path', { path: '/%61pi', to }, /path is not usable/],
    ['the base path', { path: '/auth', to }, /proxy\.0 \(\/auth\): path overlaps .* a path outside \/auth/],
    ['a path below the base path', { path: '/auth/items', to }, /path overlaps the paths of the BFF/],
    [
      'all paths below the base path',
      { path: '/auth/*', to: `${to}/*` },
      /path overlaps the paths of the BFF/,
    ],
    ['a star in path only', { path: '/api/*', to }, /Expected: both end in \/\*, or neither/],
    ['a star in to only', { path: '/api', to: `${to}/*` }, /Expected: both end in \/\*, or neither/],
    ['two stars', { path: '/api/*', to: 'https://api.example.com/*/items/*' }, /`to` has a misplaced star/],
    ['a query in `to`', { path: '/api', to: `${to}?a=b` }, /`to` has a query or a fragment/],
    ['a fragment in `to`', { path: '/api', to: `${to}#a` }, /`to` has a query or a fragment/],
    ['plain http', { path: '/api', to: 'http://api.example.com/items' }, /`to` .*https/],
    ['credentials', { path: '/api', to: 'https://a:b@api.example.com/' }, /`to` .*credentials/],
    ['a target that is not a URL', { path: '/api', to: 'items' }, /`to` is not an absolute URL/],
    [
      'a target without a scheme',
      { path: '/api', to: '//api.example.com/items' },
      /`to` is not an absolute URL/,
    ],
    [
      'a path, for a provider without a base URL',
      { path: '/api', to: '/items' },
      /`to` is a path. Expected: a URL, because the provider has no resource.baseUrls/,
    ],
    ['a method that is never forwarded', { path: '/api', to, methods: ['OPTIONS'] }, /proxy\.0\.methods\.0/],
    ['no method', { path: '/api', to, methods: [] }, /proxy\.0\.methods: must name a method/],
    [
      'a header with an underscore',
      { path: '/api', to, requestHeaders: ['X_Tenant'] },
      /proxy\.0\.requestHeaders\.0: is not a header that the proxy can forward\. Expected: a name without "_"/,
    ],
    ['the cookie among the headers', { path: '/api', to, requestHeaders: ['Cookie'] }, /requestHeaders\.0/],
    ['a header of a proxy', { path: '/api', to, requestHeaders: ['X-Forwarded-For'] }, /requestHeaders\.0/],
    ['a header of the connection', { path: '/api', to, requestHeaders: ['TE'] }, /requestHeaders\.0/],
    ['an unknown member', { path: '/api', to, auth: false }, /auth/],
  ])('fails createBff with its name: %s', (_, route, message) => {
    expect(() => createWithRoutes([{ methods: ['GET'], ...route }])).toThrow(message)
  })

  it('fails createBff when it is there twice, or when the base path lies below it', () => {
    const [items] = routes
    expect(() => createWithRoutes([items, items])).toThrow(/proxy\.1 \(\/api\/items\/\*\): is there twice/)
    const inUpperCase = { ...items, path: '/API/items/*' }
    expect(() => createWithRoutes([items, inUpperCase])).toThrow(
      /proxy\.1 \(\/API\/items\/\*\): is there twice, for a server that ignores case/,
    )
    const parent = { ...items, path: '/app/*' }
    expect(() =>
      createBff({ provider, mode: 'proxy', basePath: '/app/auth', proxy: [parent as never] }),
    ).toThrow(/\(\/app\/\*\): path overlaps .* a path outside \/app\/auth/)
  })

  it('fails createBff when its target lies outside the provider’s API', () => {
    const description = withBases('https://api.example.com/2.0', 'https://files.example.com/')
    const message = /lies outside the provider's API\. Expected: .* below https:\/\/api\.example\.com\/2\.0/
    for (const other of [
      'https://evil.example/2.0/me',
      'https://api.example.com/2.00/me',
      '/1.0/me',
      '/2.0/../me',
    ])
      expect(() => createWithRoutes([{ path: '/api/me', to: other, methods: ['GET'] }], description)).toThrow(
        message,
      )
    for (const other of ['https://api.example.com/2.0/me', 'https://files.example.com/a', '/2.0/me', '/2.0'])
      expect(() =>
        createWithRoutes([{ path: '/api/me', to: other, methods: ['GET'] }], description),
      ).not.toThrow()
  })

  it('is not one with plain http on a loopback host', () => {
    expect(() =>
      createWithRoutes([{ path: '/api', to: 'http://localhost:3001/items', methods: ['GET'] }]),
    ).not.toThrow()
  })
})

describe('bff.owns', () => {
  it('accepts the base path and the paths of the routes, and no others', async () => {
    const { bff } = await createProxySetup()
    for (const path of ['/auth', '/auth/x', '/api/items/', '/api/items/1/parts', '/api/me'])
      expect([path, bff.owns(path)]).toEqual([path, true])
    for (const path of [
      '/',
      '/authors',
      '/api',
      '/api/items',
      '/api/itemsx',
      '/api/me/',
      '/API/me',
      '//api/me',
    ])
      expect([path, bff.owns(path)]).toEqual([path, false])
  })
})

describe('a request to a proxy route', () => {
  it.each([
    ['/api/items/7', 'https://api.example.com/v1/items/7'],
    ['/api/items/', 'https://api.example.com/v1/items/'],
    [
      '/api/items/7/parts?a=1&a=%2F..%2F&b=x+y',
      'https://api.example.com/v1/items/7/parts?a=1&a=%2F..%2F&b=x+y',
    ],
    ['/%61pi/%69tems/%7e%2D', 'https://api.example.com/v1/items/~-'],
    ['/api/items/a%c3%a9', 'https://api.example.com/v1/items/a%C3%A9'],
    ['/api/items/%C3%A9%20;x=1,2', 'https://api.example.com/v1/items/%C3%A9%20;x=1,2'],
    ['/api/items/100%25', 'https://api.example.com/v1/items/100%25'],
    ['/api/items/a..b/.well-known', 'https://api.example.com/v1/items/a..b/.well-known'],
    [
      '/api/items/@evil.example//evil.example',
      'https://api.example.com/v1/items/@evil.example//evil.example',
    ],
    ['/api/items//evil.example', 'https://api.example.com/v1/items//evil.example'],
    ['/api/items/special/7', 'https://special.example.com/s/7'],
    ['/api/me?', 'https://api.example.com/v1/me'],
  ])('is forwarded: %s to %s', async (path, target) => {
    const { send, received } = await createProxySetup()
    expect((await send(path)).status).toBe(200)
    expect(received.map(({ url }) => url)).toEqual([target])
  })

  it.each([
    '/api/items/..%2fadmin',
    '/api/items/%2e%2e%2Fadmin',
    '/api/items/..%5cadmin',
    '/api/items/a%2Fb',
    '/api/items/%00',
    '/api/items/a%0d%0aHost:%20evil.example',
    '/api/items/%7f',
    '/api/items/%c2%85',
    '/api/items/%252e%252e%252fadmin',
    '/api/items/%25%32%65%25%32%65/admin',
    '/api/items/%252Fadmin',
    '/api/items/%2525252525252e',
    `/api/items/%${'25'.repeat(7900)}`,
    '/api/items/..;/admin',
    '/api/items/.;x=1/admin',
    '/api/items/a%2ejson',
    '/api/items/%c0%ae%c0%ae/admin',
    '/api/items/..%20/admin',
    '/api/items/.../admin',
    '/api/items/%ef%bc%8e%ef%bc%8e/admin',
    '/api/items/a%ef%bc%8fb',
    '/api/items/%',
    '/api/items/%zz',
  ])('is rejected with 400 before anything is sent: %s', async (path) => {
    const { send, received, endpoint } = await createProxySetup()
    const response = await send(path)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: 'invalid_request' })
    expect(received).toEqual([])
    expect(endpoint.requests).toHaveLength(1)
  })

  it.each([
    ['/api/items/../me', 'https://api.example.com/v1/me'],
    ['/api/items/%2e%2E/me', 'https://api.example.com/v1/me'],
    ['/api/items/x/..\\7', 'https://api.example.com/v1/items/7'],
    ['/api/items/../../auth/session', undefined],
    ['/api/items/../../../etc/passwd', undefined],
    ['/api/other', undefined],
    ['/api/me/', undefined],
    ['//evil.example/api/me', undefined],
    ['/api%2Fme', undefined],
  ])('is normalized by the URL parser: %s to %s', async (path, target) => {
    const { send, received } = await createProxySetup()
    await send(path)
    expect(received.map(({ url }) => url)).toEqual(target === undefined ? [] : [target])
  })

  it('is forwarded with the methods of the most specific route only', async () => {
    const { send, received } = await createProxySetup()
    for (const [method, path, allow] of [
      ['DELETE', '/api/me', 'GET, PUT, HEAD'],
      ['POST', '/api/items/special/7', 'GET, HEAD'],
      ['OPTIONS', '/api/items/7', 'GET, POST, PUT, DELETE, HEAD'],
    ] as const) {
      const response = await send(path, { method, headers: { 'Access-Control-Request-Method': 'POST' } })
      expect([response.status, response.headers.get('Allow')]).toEqual([405, allow])
      expect([...response.headers.keys()].join()).not.toContain('access-control')
    }
    expect(received).toEqual([])
    for (const method of ['GET', 'HEAD', 'PUT'] as const)
      expect((await send('/api/me', { method })).status).toBe(200)
    expect(received.map(({ method }) => method)).toEqual(['GET', 'HEAD', 'PUT'])
  })

  it.each([
    '/api/items/special',
    '/api/items/special/',
    '/api/items/special.json',
    '/api/items/%73pecial/7',
    '/api/items/%2573pecial/7',
    '/api/items//special/7',
    '/api/items/special;x=1/7',
    '/api/items/special%3bx/7',
    '/api/items/Special/7',
    '/api/items/special./7',
    '/api/items/special%20/7',
    '/api/items/%ef%bd%93pecial/7',
  ])('has only the methods of a narrower route that a server could read in its path: %s', async (path) => {
    const { send, received } = await createProxySetup()
    const response = await send(path, { method: 'DELETE' })
    expect([response.status, response.headers.get('Allow')]).toEqual([405, 'GET, HEAD'])
    expect(received).toEqual([])
    expect((await send(path)).status).toBe(200)
  })

  it('has the methods of an exact route, with and without a route for the paths below', async () => {
    const target = 'https://api.example.com/items'
    const { send } = await createProxySetup({
      proxy: [
        { path: '/api/items', to: target, methods: ['GET', 'POST'] },
        { path: '/api/items/*', to: `${target}/*`, methods: ['GET', 'DELETE'] },
      ],
    })
    const statuses = [
      ['POST', '/api/items', 200],
      ['DELETE', '/api/items', 405],
      ['DELETE', '/api/items/7', 200],
      ['POST', '/api/items/7', 405],
      // A server that ignores the last slash would read the exact route.
      ['DELETE', '/api/items/', 405],
      ['POST', '/api/items/', 405],
      ['GET', '/api/items/', 200],
    ] as const
    for (const [method, path, status] of statuses)
      expect([method, path, (await send(path, { method })).status]).toEqual([method, path, status])
  })

  it('is rejected when a server could read its path as a host', async () => {
    const { send, received } = await createProxySetup({
      proxy: [{ path: '/api/*', to: 'https://api.example.com/*', methods: ['GET'] }],
    })
    expect((await send('/api//evil.example/x')).status).toBe(400)
    expect(received).toEqual([])
  })

  it('goes to the base URL of the provider, at the same path when the route has no target', async () => {
    const { send, received } = await createProxySetup({
      provider: withBases('https://api.example.com/2.0/'),
      proxy: [
        { path: '/api/me', to: '/2.0/me', methods: ['GET'] },
        { path: '/2.0/items/*', methods: ['GET'] },
      ],
    })
    for (const path of ['/api/me', '/2.0/items/7']) await send(path)
    expect(received.map(({ url }) => url)).toEqual([
      'https://api.example.com/2.0/me',
      'https://api.example.com/2.0/items/7',
    ])
  })

  it('goes to the base URL that the token response named for this user', async () => {
    const { send, received, log } = await createProxySetup(
      {
        provider: {
          ...provider,
          resource: { baseUrlFrom: { from: '/instance_url', hostSuffix: '.example.com' } },
        },
        proxy: [{ path: '/api/*', to: '/services/data/*', methods: ['GET'] }],
      },
      () =>
        Response.json({ access_token: 'a', token_type: 'Bearer', instance_url: 'https://eu7.example.com' }),
    )
    expect((await send('/api/query?q=1')).status).toBe(200)
    expect(received[0]?.url).toBe('https://eu7.example.com/services/data/query?q=1')
    expect(log.join()).not.toContain(page)
  })
})
