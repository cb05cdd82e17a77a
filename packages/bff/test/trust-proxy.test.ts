import { BlockList, isIP } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { Bff, BffOptions, TrustProxy } from '../src/index.ts'
import { createBff, getClientAddress, setSocketAddress } from '../src/index.ts'
import { createRouteRequest } from '../src/adapters/web.ts'
import { formatIpAddress, isInRange, parseIpAddress, parseIpRange } from '../src/guards/ip-address.ts'
import { createClientResolver } from '../src/guards/trust-proxy.ts'
import { oauth2 } from '../src/providers/index.ts'
import { runs } from './fuzz/runs.ts'
import type { AdapterName } from './support/adapters.ts'
import { openAdapter } from './support/adapters.ts'
import { createBrowser, createTestBff, createTestLogger, credentials } from './support/browser.ts'
import { createTokenEndpoint, rotating } from './support/token-endpoint.ts'

const client = '198.51.100.7'
const forged = '6.6.6.6'
const proxy = '10.0.0.1'
const outerProxy = '10.0.0.2'

interface Received {
  /** The other end of the connection. */
  peer?: string
  headers?: Record<string, string>
  url?: string
}

/** Resolves the client of a request. */
function resolve(trustProxy: TrustProxy | undefined, { peer, headers = {}, url }: Received) {
  const lines: string[] = []
  const request = new Request(url ?? 'http://bff.internal:3000/auth/session?x=1', { headers })
  setSocketAddress(request, peer)
  const resolved = createClientResolver(trustProxy, (line) => lines.push(line))(createRouteRequest(request))
  const { protocol, host, pathname, search } = resolved.url
  return { address: resolved.address, url: `${protocol}//${host}${pathname}${search}`, lines }
}

const everyHeader = {
  'X-Forwarded-For': forged,
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Host': 'evil.example.com',
  Forwarded: `for=${forged};proto=https;host=evil.example.com`,
}

describe('a request from an address that is not trusted', () => {
  it.each<[string, TrustProxy | undefined]>([
    ['without the option', undefined],
    ['without proxies', false],
    ['with other proxies', ['10.0.0.0/8', 'fd00::/8']],
    ['with a proxy on this machine', 'loopback'],
  ])('keeps its address, scheme and host, whatever its headers say: %s', (_, trustProxy) => {
    expect(resolve(trustProxy, { peer: client, headers: everyHeader })).toEqual({
      address: client,
      url: 'http://bff.internal:3000/auth/session?x=1',
      lines: [],
    })
  })

  it('is one whose address is unknown, or not an address', () => {
    for (const peer of ['', 'unknown', '10.0.0.256', '10.1', '0x0a000001', '10.0.0.01', '::ffff:10.0.0.1.1'])
      expect(resolve('10.0.0.0/8', { peer, headers: everyHeader }).url).toContain('//bff.internal:3000/')
  })
})

describe('a trusted proxy', () => {
  it.each<[string, TrustProxy, Received]>([
    ['by address', proxy, { peer: proxy }],
    ['by range', '10.0.0.0/8', { peer: proxy }],
    ['by IPv4-mapped address', '10.0.0.0/8', { peer: '::ffff:10.0.0.1' }],
    ['by IPv6 address', '2001:db8::1', { peer: '2001:0DB8:0:0::0001' }],
    ['by IPv6 range', ['192.0.2.1', 'fd00::/8'], { peer: 'fd12::1%eth0' }],
    ['on this machine', 'loopback', { peer: '::1' }],
    ['in a private network', 'private', { peer: '192.168.7.7' }],
    ['by number, whatever its address', 1, {}],
  ])('names the address, the scheme and the host: %s', (_, trustProxy, received) => {
    const expected = { address: client, url: 'https://portal.example.com/auth/session?x=1', lines: [] }
    const xForwarded = {
      'X-Forwarded-For': `${forged}, ${client}`,
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'portal.example.com',
    }
    const forwarded = {
      Forwarded: `for=${forged};host=evil.example.com, For="${client}:4711"; PROTO=https;host="portal.example.com"`,
    }
    for (const headers of [xForwarded, forwarded, { ...xForwarded, ...forwarded }])
      expect(resolve(trustProxy, { ...received, headers })).toEqual(expected)
  })

  it('is followed by the next trusted one, from the nearest outwards', () => {
    const headers = {
      'X-Forwarded-For': `${forged}, ${client}, ${outerProxy}`,
      'X-Forwarded-Proto': 'http, https, http',
      'X-Forwarded-Host': 'evil.example.com, portal.example.com, bff.internal',
    }
    for (const trustProxy of ['10.0.0.0/8', 2])
      expect(resolve(trustProxy, { peer: proxy, headers })).toMatchObject({
        address: client,
        url: 'https://portal.example.com/auth/session?x=1',
      })
    expect(resolve(proxy, { peer: proxy, headers })).toMatchObject({
      address: outerProxy,
      url: 'http://bff.internal/auth/session?x=1',
    })
  })

  it.each([
    ['sends no header', {}],
    ['sends an empty header', { 'X-Forwarded-For': '' }],
    ['hides the address', { Forwarded: 'for=_hidden;proto=https' }],
    ['does not know the address', { Forwarded: 'for=unknown' }],
    ['sends a name', { 'X-Forwarded-For': 'client.example.com' }],
    ['names only proxies', { 'X-Forwarded-For': outerProxy }],
  ])('leaves the address unknown when it %s', (_, headers) => {
    expect(resolve('10.0.0.0/8', { peer: proxy, headers }).address).toBeNull()
  })

  it('names the scheme of a WebSocket, which is that of its page', () => {
    for (const [scheme, protocol] of [
      ['ws', 'http:'],
      ['wss', 'https:'],
    ] as const) {
      const headers = { 'X-Forwarded-For': client, 'X-Forwarded-Proto': scheme }
      expect(new URL(resolve(1, { headers }).url).protocol).toBe(protocol)
    }
  })

  it('changes neither scheme nor host to something else', () => {
    for (const headers of [
      { 'X-Forwarded-Proto': 'javascript', 'X-Forwarded-Host': 'portal.example.com/path' },
      { 'X-Forwarded-Proto': '', 'X-Forwarded-Host': 'user@portal.example.com' },
      { 'X-Forwarded-Proto': 'wsss', 'X-Forwarded-Host': '' },
      { Forwarded: `for=${client};proto=ftp;host="a b"` },
      { Forwarded: `for=${client};host="["` },
    ])
      expect(resolve(1, { headers }).url).toBe('http://bff.internal:3000/auth/session?x=1')
  })

  it.each([
    ['contradict each other', { 'X-Forwarded-For': client, Forwarded: `for=${forged}` }],
    ['name two hosts', { ...everyHeader, Forwarded: `for=${forged};host=portal.example.com` }],
    ['name two schemes', { ...everyHeader, Forwarded: `for=${forged};proto=http` }],
    ['are malformed', { 'X-Forwarded-For': client, Forwarded: 'for="x' }],
    ['swallow the part of the proxy', { Forwarded: `for=${forged};x=", for="${client}";proto=https` }],
    ['are malformed and alone', { Forwarded: 'for client' }],
  ])('is not believed, and the log says so, when its headers %s', (_, headers) => {
    const { address, url, lines } = resolve(1, { headers })
    expect([address, url]).toEqual([null, 'http://bff.internal:3000/auth/session?x=1'])
    expect(lines).toEqual([expect.stringContaining('Forwarded and X-Forwarded-For contradict')])
  })

  it('is asked in linear time, whatever a client sends', () => {
    const long = 60_000
    for (const text of [' ', '"', '\\', 'a', 'a=', ';', ',', 'for="', '::', 'f:', '1.'])
      for (const name of ['Forwarded', 'X-Forwarded-For'])
        expect(resolve(1, { headers: { [name]: `x${text.repeat(long / text.length)}x` } }).address).toBeNull()
  }, 10_000)
})

const ipv4 = fc.ipV4()
const ipv6 = fc.ipV6()
const text = fc.oneof(
  fc.string(),
  ipv4.map((address) => address.replace('.', '..')),
  ipv6.map((address) => `${address}:`),
  fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdef.:%[]/x')), maxLength: 24 }),
)

/** Whether a text has no port, brackets, zone or spaces, which Node does not accept. */
const isBare = (address: string): boolean => !/[%[\]\s]|^\d+(\.\d+){3}:\d+$/.test(address)

describe('an IP address', () => {
  it('is read as Node reads it', () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6, text).filter(isBare), (address) => {
        expect([address, parseIpAddress(address) !== null]).toEqual([address, isIP(address) !== 0])
      }),
      runs(2000),
    )
  })

  it('has one form for all its spellings', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }), (groups) => {
        const full = groups.map((group) => group.toString(16).padStart(4, '0')).join(':')
        const short = new URL(`http://[${full}]`).hostname
        const [high = 0, low = 0] = groups.slice(6)
        const dotted = [high >> 8, high & 255, low >> 8, low & 255].join('.')
        const spellings = [
          ...[full, full.toUpperCase(), short, short.slice(1, -1), `${short}:443`, `${full}%eth0`],
          `${full.split(':').slice(0, 6).join(':')}:${dotted}`,
        ]
        for (const spelling of spellings) expect(parseIpAddress(spelling)).toEqual(groups)
        expect(parseIpAddress(formatIpAddress(groups))).toEqual(groups)
      }),
      runs(300),
    )
  })

  it('lies in the ranges that Node says it lies in', () => {
    const cidr4 = fc.tuple(ipv4, fc.integer({ min: 0, max: 32 }))
    const cidr6 = fc.tuple(ipv6, fc.integer({ min: 0, max: 128 }))
    fc.assert(
      fc.property(fc.oneof(cidr4, cidr6), fc.array(fc.oneof(ipv4, ipv6)), ([base, length], others) => {
        const range = parseIpRange(`${base}/${length}`)
        if (!range) throw new Error(base)
        const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6')
        const list = new BlockList()
        list.addSubnet(base, length, family(base))
        for (const address of [base, ...others].filter((other) => isIP(other) === isIP(base)))
          expect(isInRange(parseIpAddress(address) ?? [], range)).toBe(list.check(address, family(address)))
      }),
      runs(500),
    )
  })
})

describe('chains of proxies', () => {
  const publicAddress = fc.constantFrom(client, '203.0.113.9', '2001:db8:1::5', '::ffff:203.0.113.1')
  const privateAddress = fc.constantFrom('10.0.0.1', '10.9.9.9', 'fd00::7', '::ffff:10.1.1.1')
  const forgery = fc.array(
    fc.oneof(
      publicAddress,
      privateAddress,
      text.map((part) => part.replaceAll(/[^ -~]|[,"\\]/g, '')),
    ),
  )
  const quote = (address: string): string => (address.includes(':') ? `"[${address}]"` : address)
  const canonical = (address: string): string => formatIpAddress(parseIpAddress(address) ?? [])

  it('give the address that the outermost trusted proxy saw, whatever the client sent before', () => {
    fc.assert(
      fc.property(
        publicAddress,
        fc.array(privateAddress, { minLength: 1, maxLength: 4 }),
        forgery,
        fc.boolean(),
        (source, proxies, sent, usesForwarded) => {
          const [peer = '', ...inner] = proxies.toReversed()
          const seen = [source, ...inner.toReversed()]
          const headers = usesForwarded
            ? {
                Forwarded: [
                  ...sent.map((part) => `for="${part}"`),
                  ...seen.map((part) => `for=${quote(part)}`),
                ].join(),
              }
            : { 'X-Forwarded-For': [...sent, ...seen].join() }
          for (const trustProxy of [['10.0.0.0/8', 'fd00::/8'], proxies.length])
            expect(resolve(trustProxy, { peer, headers }).address).toBe(canonical(source))
        },
      ),
      runs(500),
    )
  })

  it('give no address of a header when the connection is not from a trusted proxy', () => {
    fc.assert(
      fc.property(publicAddress, forgery, (source, sent) => {
        const headers = {
          'X-Forwarded-For': sent.join(),
          Forwarded: sent.map((part) => `for="${part}"`).join(),
        }
        expect(resolve(['10.0.0.0/8', 'fd00::/8'], { peer: source, headers })).toEqual(
          resolve(['10.0.0.0/8', 'fd00::/8'], { peer: source }),
        )
      }),
      runs(300),
    )
  })
})

describe('the BFF behind a trusted proxy', () => {
  const closers: (() => void)[] = []
  afterEach(() => closers.splice(0).forEach((close) => close()))

  const machine: Partial<BffOptions> = {
    provider: oauth2({
      grant: 'client_credentials',
      tokenEndpoint: 'https://as.example.com/token',
      clientId: 'portal',
      clientSecret: 's3cret',
    }),
    dangerouslyGiveMachineTokenToBrowser: true,
  }

  it.each<AdapterName>(['fetch', 'node:http', 'node:http2'])(
    'passes the address and the URL of the client to authorize, through %s',
    async (name) => {
      const seen: string[] = []
      const bff = createBff({
        provider: oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: 'portal' }),
        ...machine,
        trustProxy: 'loopback',
        authorize: (request) => {
          seen.push(`${getClientAddress(request)} ${request.url}`)
          return { subject: 'ada' }
        },
        logger: createTestLogger(),
        platform: { fetch: createTokenEndpoint(rotating()).fetch },
      })
      const withAddress: Bff = {
        ...bff,
        fetch: (request) => {
          setSocketAddress(request, '127.0.0.1')
          return bff.fetch(request)
        },
      }
      const adapter = await openAdapter(name, withAddress)
      closers.push(adapter.close)
      const response = await adapter.send({
        path: '/auth/session?peek',
        headers: {
          'X-Latchkey': '1',
          'Sec-Fetch-Site': 'same-origin',
          'X-Forwarded-For': client,
          'X-Forwarded-Proto': 'https',
          'X-Forwarded-Host': 'portal.example.com',
        },
      })
      expect(response.status).toBe(200)
      expect(seen).toEqual([`${client} https://portal.example.com/auth/session?peek`])
    },
  )

  it('accepts the page at the forwarded host, and sets a cookie for its scheme', async () => {
    const signInAt = async (trustProxy: TrustProxy | undefined) => {
      const { bff } = createTestBff(rotating(), trustProxy === undefined ? {} : { trustProxy })
      const browser = createBrowser(bff, 'http://localhost:3000')
      const forwarded = { 'X-Forwarded-Host': 'portal.example.com', 'X-Forwarded-Proto': 'https' }
      const headers = { Origin: 'https://portal.example.com', ...forwarded }
      return browser.sendRequest('POST', '/session', { credentials }, headers)
    }
    const response = await signInAt(1)
    expect(response.status).toBe(200)
    expect(response.headers.getSetCookie()[0]).toMatch(/^__Host-Http-latchkey=.+; Secure/)
    expect((await signInAt(undefined)).status).toBe(403)
    expect((await signInAt(false)).status).toBe(403)
  })

  it('reads the session of a page that it renders by the forwarded URL', async () => {
    const { bff } = createTestBff(rotating(), { trustProxy: 1 })
    const browser = createBrowser(bff)
    await browser.signIn()
    const cookie = [...browser.jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { Cookie: cookie, 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'portal.example.com' }
    const state = await bff.session(new Request('http://localhost:3000/', { headers }))
    expect(state.status).toBe('signed-in')
  })
})

describe('the option trustProxy', () => {
  it.each<TrustProxy>([
    false,
    1,
    3,
    'loopback',
    'private',
    '10.0.0.1',
    '10.0.0.0/8',
    ['fd00::/8', 'loopback'],
    '::ffff:10.0.0.1',
  ])('can be %j', (trustProxy) => {
    expect(() => createTestBff(rotating(), { trustProxy })).not.toThrow()
  })

  it.each([
    ...[true, 0, -1, 1.5, Infinity, '', [], '*', 'true', 'all', 'localhost', '10.0.0.0/33', '10.0.0/8'],
    ...[
      '0.0.0.0/0',
      '::/0',
      '::ffff:0:0/96',
      '::ffff:10.0.0.0/8',
      ['10.0.0.1', 'x'],
      [['10.0.0.1']],
      null,
      {},
      () => true,
    ],
  ])('cannot be %j: that would trust everybody, or nobody knows whom', (trustProxy) => {
    expect(() => createTestBff(rotating(), { trustProxy } as unknown as Partial<BffOptions>)).toThrow(
      /trustProxy: is .+\. Expected: how many proxies are in front, their addresses or ranges such as "loopback"/,
    )
  })
})
