import { describe, expect, it } from 'vitest'
import { createBrowser, createTestBff, credentials, page } from './support/browser.ts'
import { rotating } from './support/token-endpoint.ts'

/** Every route of the BFF. */
const requests = [
  ['GET', '/session', undefined],
  ['POST', '/session', { credentials }],
  ['DELETE', '/session', undefined],
  ['POST', '/token', { session_id: 'x', after: 0 }],
] as const

const withOrigin = (value: string): Record<string, string> => ({ 'Sec-Fetch-Site': '', Origin: value })

describe.each(requests)('%s %s', (method, path, body) => {
  it.each([
    ['without the header', { 'X-Latchkey': '' }],
    ['with another value of the header', { 'X-Latchkey': 'true' }],
    ['from another site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['from a sibling domain', { 'Sec-Fetch-Site': 'same-site' }],
    ['with an unknown value of Sec-Fetch-Site', { 'Sec-Fetch-Site': 'Same-Origin' }],
    ['from another origin', withOrigin('https://evil.example')],
    ['from another port', withOrigin(`${page}:8443`)],
    ['from an origin with the page’s as a prefix', withOrigin(`${page}.evil.example`)],
    ['from the origin null', withOrigin('null')],
    ['from the page’s host in what is no origin', withOrigin(`${page}/path`)],
    ['from an origin with a user', withOrigin(page.replace('//', '//ann@'))],
    ['from a malformed origin', withOrigin('://')],
    ['from another origin with Sec-Fetch-Site: same-origin', { Origin: 'https://evil.example' }],
  ])('65 %s is rejected with 403 and changes nothing', async (_, headers) => {
    const { sendRequest, restore, signIn, endpoint } = createTestBff(rotating())
    const before = await signIn()
    const response = await sendRequest(method, path, body, headers)
    expect(response).toMatchObject({ status: 403, body: { error: 'access_denied' } })
    expect(response.headers.get('Set-Cookie')).toBeNull()
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    expect(endpoint.requests).toHaveLength(1)
    expect((await restore()).body).toEqual(before.body)
  })

  it('65 is accepted from the page’s own origin, with or without Sec-Fetch-Site', async () => {
    const { sendRequest } = createTestBff(rotating())
    for (const headers of [{}, { 'Sec-Fetch-Site': 'none' }, withOrigin(page)])
      expect((await sendRequest(method, path, body, headers)).status).not.toBe(403)
  })

  it('65 needs Origin or Sec-Fetch-Site unless it is a GET', async () => {
    const { sendRequest } = createTestBff(rotating())
    expect((await sendRequest(method, path, body, withOrigin(''))).status === 403).toBe(method !== 'GET')
  })

  it('62 has headers in every response against caching, sniffing and sharing between origins', async () => {
    const { sendRequest, bff } = createTestBff(rotating())
    const rejected = { ...bff, fetch: () => bff.fetch(new Request(`${page}/auth${path}`, { method })) }
    for (const response of [
      await sendRequest(method, path, body),
      await createBrowser(rejected).sendRequest(method, path),
    ]) {
      expect(response.headers.get('Cache-Control')).toBe('no-store')
      expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff')
      expect(response.headers.get('Vary')).toBe('Cookie, Origin, Sec-Fetch-Site')
      if (response.text !== '')
        expect(response.headers.get('Content-Type')).toBe('application/json; charset=utf-8')
    }
  })
})

describe('the log line of a rejected request', () => {
  it.each([
    ['without the header', { 'X-Latchkey': '' }, /X-Latchkey: 1.*@latchkey\/core.*proxy/],
    ['from another site', { 'Sec-Fetch-Site': 'cross-site' }, /cross-site.*from one origin/],
    ['without Origin and Sec-Fetch-Site', withOrigin(''), /neither Origin nor Sec-Fetch-Site.*proxy/],
    [
      'with another host in Origin',
      withOrigin('https://evil.example'),
      /another host.*nginx: proxy_set_header Host \$http_host.*option `origin`/,
    ],
  ])('names the fix for a request %s', async (_, headers, pattern) => {
    const { sendRequest, log } = createTestBff(rotating())
    await sendRequest('POST', '/session', { credentials }, headers)
    expect(log.at(-1)).toMatch(/^Request rejected with 403: /)
    expect(log.at(-1)).toMatch(pattern)
    expect(log.at(-1)).not.toContain('evil')
  })
})

describe('the option `origin`', () => {
  it('is the only accepted Origin, even if the host of the request is another', async () => {
    const { bff, log } = createTestBff(rotating(), { origin: page })
    const { sendRequest } = createBrowser(bff, 'http://10.0.0.7:3000')
    expect((await sendRequest('POST', '/session', { credentials }, { Origin: page })).status).toBe(200)
    expect(
      (await sendRequest('POST', '/session', { credentials }, { Origin: 'http://10.0.0.7:3000' })).status,
    ).toBe(403)
    expect(log.at(-1)).toContain('`origin`')
  })

  it('is recommended in the log when a proxy changes the host', async () => {
    const { bff, log } = createTestBff(rotating())
    const { sendRequest } = createBrowser(bff, 'http://10.0.0.7:3000')
    expect((await sendRequest('POST', '/session', { credentials }, { Origin: page })).status).toBe(403)
    expect(log.at(-1)).toContain('set the option `origin`')
  })

  it('is not replaced by X-Forwarded headers', async () => {
    const { bff } = createTestBff(rotating())
    const { sendRequest } = createBrowser(bff, 'http://10.0.0.7:3000')
    const forwarded = {
      'X-Forwarded-Host': 'portal.example.com',
      'X-Forwarded-Proto': 'https',
      Forwarded: 'host=portal.example.com',
    }
    expect(
      (await sendRequest('POST', '/session', { credentials }, { Origin: page, ...forwarded })).status,
    ).toBe(403)
  })
})

describe('an unknown path or method', () => {
  it.each([
    ['GET', '/nothing', 404, null],
    ['GET', '', 404, null],
    ['GET', '/constructor', 404, null],
    ['GET', '/session/', 404, null],
    ['PUT', '/session', 405, 'GET, POST, DELETE'],
    ['OPTIONS', '/session', 405, 'GET, POST, DELETE'],
    ['OPTIONS', '/token', 405, 'POST'],
    ['GET', '/token', 405, 'POST'],
  ])('%s %s gets %i', async (method, path, status, allow) => {
    const { sendRequest } = createTestBff(rotating())
    const response = await sendRequest(method, path, undefined, { 'Access-Control-Request-Method': 'POST' })
    expect(response).toMatchObject({ status, body: { error: 'invalid_request' } })
    expect(response.headers.get('Allow')).toBe(allow)
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  })
})

it('logs rejected requests at most once a minute, and how many there were, because any site can cause them', async () => {
  const { sendRequest, log, clock } = createTestBff(rotating())
  const reject = (): Promise<unknown> =>
    sendRequest('GET', '/session', undefined, { 'Sec-Fetch-Site': 'cross-site' })
  const list = (): string[] => log.filter((line) => line.includes('cross-site'))
  for (let count = 0; count < 200; count += 1) await reject()
  expect(list()).toHaveLength(1)
  await clock.pass(60)
  await reject()
  expect(list()).toHaveLength(2)
  expect(list()[1]).toContain('(199 more since the last such line)')
})

it('responds with 500 to an unexpected error, and logs its details only', async () => {
  const { signIn, log } = createTestBff(rotating(), {
    platform: {
      randomBytes: () => {
        throw new Error('no entropy')
      },
    },
  })
  const response = await signIn()
  expect(response).toMatchObject({ status: 500, body: { error: 'server_error' } })
  expect(response.text).not.toContain('entropy')
  expect(log.at(-1)).toContain('no entropy')
})
