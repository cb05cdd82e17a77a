import { describe, expect, it } from 'vitest'
import type { BffOptions } from '../src/index.ts'
import { createBff } from '../src/index.ts'
import { createTestLogger, page } from './support/browser.ts'
import { createProxyScene, provider, routes } from './support/proxy-setup.ts'

const withBases = (...baseUrls: string[]): BffOptions['provider'] => ({ ...provider, resource: { baseUrls } })

const make = (proxy: unknown, own: BffOptions['provider'] = provider): unknown =>
  createBff({ provider: own, mode: 'proxy', proxy: proxy as never, logger: createTestLogger() })

describe('a route that is no good', () => {
  const to = 'https://api.example.com/items'
  it.each([
    ['a path without a slash', { path: 'api', to }, /api: must be a path such as/],
    ['the root', { path: '/', to }, /must be a path such as/],
    ['the whole origin', { path: '/*', to: `${to}/*` }, /must be a path such as/],
    ['a star in the middle', { path: '/api/*/me', to }, /must be a path such as/],
    ['a star behind a letter', { path: '/api*', to }, /must be a path such as/],
    ['dot segments', { path: '/api/../auth', to }, /must be a path such as/],
    ['a query', { path: '/api?x', to }, /must be a path such as/],
    ['an encoded path', { path: '/%61pi', to }, /must be a path such as/],
    ['the base path', { path: '/auth', to }, /\/auth: must lie outside the base path \/auth/],
    ['a path below the base path', { path: '/auth/items', to }, /must lie outside the base path/],
    ['all below the base path', { path: '/auth/*', to: `${to}/*` }, /must lie outside the base path/],
    ['a star on one side', { path: '/api/*', to }, /must end in \/\* when `to` does/],
    ['a star on the other side', { path: '/api', to: `${to}/*` }, /must end in \/\* when `to` does/],
    [
      'two stars',
      { path: '/api/*', to: 'https://api.example.com/*/items/*' },
      /`to` may have a star only as the last/,
    ],
    ['a query in `to`', { path: '/api', to: `${to}?a=b` }, /`to` must have no query/],
    ['a fragment in `to`', { path: '/api', to: `${to}#a` }, /`to` must have no query .* fragment/],
    ['plain http', { path: '/api', to: 'http://api.example.com/items' }, /`to` is not https/],
    ['credentials', { path: '/api', to: 'https://a:b@api.example.com/' }, /`to` contains credentials/],
    ['no URL', { path: '/api', to: 'items' }, /`to` is not an absolute URL/],
    ['a host alone', { path: '/api', to: '//api.example.com/items' }, /`to` is not an absolute URL/],
    [
      'a path without a base to be below',
      { path: '/api', to: '/items' },
      /`to` must be a whole URL, because the provider/,
    ],
    ['a method that never passes', { path: '/api', to, methods: ['OPTIONS'] }, /proxy\.0\.methods\.0/],
    ['no method', { path: '/api', to, methods: [] }, /proxy\.0\.methods: must name a method/],
    ['an unknown member', { path: '/api', to, auth: false }, /auth/],
  ])('%s is refused when the BFF is made, by its name', (_, route, message) => {
    expect(() => make([{ methods: ['GET'], ...route }])).toThrow(message)
  })

  it('is refused when it is there twice, or when a base path lies below it', () => {
    const [items] = routes
    expect(() => make([items, items])).toThrow(/\/api\/items\/\*: is there twice/)
    const below = { ...items, path: '/app/*' }
    expect(() =>
      createBff({ provider, mode: 'proxy', basePath: '/app/auth', proxy: [below as never] }),
    ).toThrow(/\/app\/\*: must lie outside the base path \/app\/auth/)
  })

  it('is refused when it leads to where this provider has no token for', () => {
    const own = withBases('https://api.example.com/2.0', 'https://files.example.com/')
    const refused = /must lie below https:\/\/api\.example\.com\/2\.0/
    for (const other of [
      'https://evil.example/2.0/me',
      'https://api.example.com/2.00/me',
      '/1.0/me',
      '/2.0/../me',
    ])
      expect(() => make([{ path: '/api/me', to: other, methods: ['GET'] }], own)).toThrow(refused)
    for (const other of ['https://api.example.com/2.0/me', 'https://files.example.com/a', '/2.0/me', '/2.0'])
      expect(() => make([{ path: '/api/me', to: other, methods: ['GET'] }], own)).not.toThrow()
  })

  it('may be plain http on loopback', () => {
    expect(() => make([{ path: '/api', to: 'http://localhost:3001/items', methods: ['GET'] }])).not.toThrow()
  })
})

describe('what a BFF owns', () => {
  it('is its base path and the paths of its routes, and nothing beside them', async () => {
    const { bff } = await createProxyScene()
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

describe('a request', () => {
  it.each([
    ['/api/items/7', 'https://api.example.com/v1/items/7'],
    ['/api/items/', 'https://api.example.com/v1/items/'],
    [
      '/api/items/7/parts?a=1&a=%2F..%2F&b=x+y',
      'https://api.example.com/v1/items/7/parts?a=1&a=%2F..%2F&b=x+y',
    ],
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
  ])('to %s goes to %s', async (path, target) => {
    const { send, received } = await createProxyScene()
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
    '/api/items/%',
    '/api/items/%zz',
  ])('to %s is refused before anything is asked', async (path) => {
    const { send, received, endpoint } = await createProxyScene()
    const answer = await send(path)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: 'invalid_request' })
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
  ])('to %s, as the web reads it, is %s', async (path, target) => {
    const { send, received } = await createProxyScene()
    await send(path)
    expect(received.map(({ url }) => url)).toEqual(target === undefined ? [] : [target])
  })

  it('passes with the methods of its route only, which are those of the most specific one', async () => {
    const { send, received } = await createProxyScene()
    for (const [method, path, allow] of [
      ['DELETE', '/api/me', 'GET, PUT, HEAD'],
      ['POST', '/api/items/special/7', 'GET, HEAD'],
      ['OPTIONS', '/api/items/7', 'GET, POST, PUT, DELETE, HEAD'],
    ] as const) {
      const answer = await send(path, { method, headers: { 'Access-Control-Request-Method': 'POST' } })
      expect([answer.status, answer.headers.get('Allow')]).toEqual([405, allow])
      expect([...answer.headers.keys()].join()).not.toContain('access-control')
    }
    expect(received).toEqual([])
    for (const method of ['GET', 'HEAD', 'PUT'] as const)
      expect((await send('/api/me', { method })).status).toBe(200)
    expect(received.map(({ method }) => method)).toEqual(['GET', 'HEAD', 'PUT'])
  })

  it('goes below the base that the provider names, at the same path where no other is given', async () => {
    const { send, received } = await createProxyScene({
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

  it('goes to the base that the token endpoint named for this user', async () => {
    const { send, received, notes } = await createProxyScene(
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
    expect(notes.join()).not.toContain(page)
  })
})
