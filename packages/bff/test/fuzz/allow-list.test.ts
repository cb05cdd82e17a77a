import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ProxyRoute } from '../../src/proxy/proxy-routes.ts'
import { createProxySetup } from '../support/proxy-setup.ts'
import { runs } from './runs.ts'

/** How a server reads a path: the segments by which it finds a resource, and whether a slash at the end counts. */
interface Reading {
  segments: string[]
  hasSlash: boolean
}

type Normalizer = (path: string) => Reading

/** Decodes what is well-formed, as lenient servers do. */
function decode(path: string): string {
  return path.replaceAll(/(%[\da-f]{2})+/gi, (octets) =>
    Buffer.from(octets.replaceAll('%', ''), 'hex').toString(),
  )
}

/** Splits a path, merges slashes and resolves dots. */
function split(path: string): Reading {
  const segments: string[] = []
  for (const segment of path.split('/'))
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(segment)
  return { segments, hasSlash: path.endsWith('/') }
}

function withoutSlash({ segments }: Reading): Reading {
  return { segments, hasSlash: false }
}

const stripParameters = (path: string): string => path.replaceAll(/;[^/]*/g, '')

/** Servers and frameworks, and two of them in a row. */
const normalizers: Record<string, Normalizer> = {
  nginx: (path) => split(decode(path)),
  tomcat: (path) => split(decode(stripParameters(path))),
  'nginx before tomcat': (path) => split(decode(stripParameters(decode(path)))),
  iis: (path) =>
    withoutSlash(
      split(
        decode(decode(path))
          .normalize('NFKC')
          .toLowerCase()
          .replaceAll(/[. ]+(?=\/|$)/g, ''),
      ),
    ),
  wsgi: (path) => split(decode(path).replaceAll(/\/+/g, '/')),
  'nginx before wsgi': (path) => withoutSlash(split(decode(decode(path)))),
  rack: (path) => withoutSlash(split(decode(path).replace(/\.\w*\/?$/, ''))),
}

/** The route that decides about a resource: the one with the longest path, and one without a star before others. */
function findDecidingRoute(
  routes: ProxyRoute[],
  normalize: Normalizer,
  path: string,
): ProxyRoute | undefined {
  const resource = normalize(path)
  const ignoresSlash = !normalize('/a/').hasSlash
  return routes
    .map((route) => ({
      route,
      isTree: route.path.endsWith('/*'),
      start: normalize(route.path.replace(/\/\*$/, '')).segments,
    }))
    .filter(({ start, isTree }) => {
      const extraSegments = resource.segments.length - start.length
      if (!start.every((segment, index) => resource.segments[index] === segment)) return false
      if (!isTree) return extraSegments === 0 && !resource.hasSlash
      return extraSegments > 0 || ignoresSlash || resource.hasSlash
    })
    .toSorted((a, b) => b.start.length - a.start.length || Number(a.isTree) - Number(b.isTree))[0]?.route
}

const name = fc.constantFrom('ledger', 'Audit', 'v1')
const names = fc.array(name, { maxLength: 3 })
const method = fc.constantFrom('GET' as const, 'POST' as const, 'PUT' as const, 'DELETE' as const)

const routeTable = fc
  .uniqueArray(
    fc.record({
      path: fc
        .tuple(names, fc.boolean())
        .map(([parts, isTree]) => ['/api', ...parts].join('/') + (isTree ? '/*' : '')),
      methods: fc.uniqueArray(method, { minLength: 1, maxLength: 3 }),
    }),
    { minLength: 2, maxLength: 6, selector: ({ path }) => path.toLowerCase() },
  )
  .map((routes): ProxyRoute[] => [
    { path: '/api/*', to: 'https://api.example.com/api/*', methods: ['GET', 'POST', 'PUT', 'DELETE'] },
    ...routes
      .filter(({ path }) => path !== '/api/*')
      .map((route) => ({ ...route, to: `https://api.example.com${route.path}` })),
  ])

const toHex = (text: string): string => [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join('')

/** Ways to write one character. */
const characterSpelling = fc.constantFrom<(character: string) => string>(
  ...[
    toHex,
    (character: string) => toHex(character).toUpperCase(),
    (character: string) => toHex(toHex(character)),
    (character: string) => `%25${toHex(character).slice(1)}`,
    (character: string) => character.toUpperCase(),
    (character: string) => character.toLowerCase(),
    (character: string) => toHex(String.fromCodePoint((character.codePointAt(0) ?? 0) + 0xfee0)),
  ],
)

/** What a spelling adds after a segment. */
const ending = fc.constantFrom(
  ...[
    '/',
    '//',
    '/./',
    '/%2e/',
    '/x/../',
    '/x/%2e%2e/',
    ';a=1/',
    '%3ba/',
    ';/',
    './',
    '%20/',
    '.%20/',
    '%00/',
    '/%zz/',
  ],
)
const lastEnding = fc.constantFrom(
  '/',
  '//',
  ';x',
  '%3bx',
  '.',
  '.json',
  '.json/',
  '%20',
  '/.',
  '/..',
  '%2f',
  '%5c',
)

const spelling = fc
  .record({
    parts: names,
    changes: fc.array(fc.tuple(fc.nat(12), characterSpelling), { maxLength: 3 }),
    endings: fc.array(fc.tuple(fc.nat(3), ending), { maxLength: 1 }),
    last: fc.option(lastEnding, { freq: 2 }),
  })
  .map(({ parts, changes, endings, last }) => {
    const segments = parts.map((part, index) => {
      const start = parts.slice(0, index).join('').length
      return part
        .split('')
        .map((character, at) => {
          const change = changes.find(([position]) => position === start + at)
          return change ? change[1](character) : character
        })
        .join('')
    })
    const path = segments
      .map((segment, index) => {
        const isLast = index === segments.length - 1
        return segment + (endings.find(([position]) => position === index)?.[1] ?? (isLast ? '' : '/'))
      })
      .join('')
    return `/api/${path}${last ?? ''}`
  })

describe('the allow-list of the proxy', () => {
  it('sends no server a method that the list denies for the resource that this server reads in the path', async () => {
    const counts = { forwarded: 0, rejected: 0, respelled: 0 }
    const property = fc.asyncProperty(
      routeTable,
      fc.array(fc.tuple(method, spelling), { minLength: 30, maxLength: 30 }),
      async (proxy, requests) => {
        const { send, received } = await createProxySetup({ proxy })
        for (const [sentMethod, path] of requests) {
          received.length = 0
          const { status } = await send(path, { method: sentMethod })
          const [forwarded] = received
          if (!forwarded) {
            expect([400, 404, 405]).toContain(status)
            counts.rejected += 1
            continue
          }
          counts.forwarded += 1
          const { pathname } = new URL(forwarded.url)
          if (!/^(\/[\w-]+)+$/.test(path)) counts.respelled += 1
          for (const [server, normalize] of Object.entries(normalizers)) {
            const methods = findDecidingRoute(proxy, normalize, pathname)?.methods ?? []
            if ((methods as string[]).includes(forwarded.method)) continue
            throw new Error(
              `${server} reads ${path}, sent as ${pathname}: ${forwarded.method} is not in ${methods.join()}`,
            )
          }
        }
      },
    )
    await fc.assert(property, runs(100))
    // Otherwise the property would hold because nothing was forwarded, or nothing that a server could misread.
    expect(counts.forwarded).toBeGreaterThan(counts.rejected / 10)
    expect(counts.respelled).toBeGreaterThan(100)
  })
})
