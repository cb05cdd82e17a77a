import { describe, expect, it } from 'vitest'
import { createBrowser, createTestBff, credentials, page } from './support/browser.ts'
import { rotating } from './support/token-endpoint.ts'

/** Every request that the BFF knows. */
const requests = [
  ['GET', '/session', undefined],
  ['POST', '/session', { credentials }],
  ['DELETE', '/session', undefined],
  ['POST', '/token', { session_id: 'x', after: 0 }],
] as const

const from = (value: string): Record<string, string> => ({ 'Sec-Fetch-Site': '', Origin: value })

describe.each(requests)('%s %s', (method, path, body) => {
  it.each([
    ['without the header', { 'X-Latchkey': '' }],
    ['with another value of the header', { 'X-Latchkey': 'true' }],
    ['from another site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['from a sibling domain', { 'Sec-Fetch-Site': 'same-site' }],
    ['from what the browser does not say clearly', { 'Sec-Fetch-Site': 'Same-Origin' }],
    ['from another origin', from('https://evil.example')],
    ['from another port', from(`${page}:8443`)],
    ['from an origin that begins like ours', from(`${page}.evil.example`)],
    ['from the origin null', from('null')],
    ['from no origin at all', from('://')],
    ['from another origin, whatever Sec-Fetch-Site says', { Origin: 'https://evil.example' }],
  ])('65 %s is refused, and changes nothing', async (_, headers) => {
    const { ask, restore, signIn, endpoint } = createTestBff(rotating())
    const before = await signIn()
    const answer = await ask(method, path, body, headers)
    expect(answer).toMatchObject({ status: 403, body: { error: 'access_denied' } })
    expect(answer.headers.get('Set-Cookie')).toBeNull()
    expect([...answer.headers.keys()].filter((one) => one.startsWith('access-control'))).toEqual([])
    expect(endpoint.requests).toHaveLength(1)
    expect((await restore()).body).toEqual(before.body)
  })

  it('65 is answered for our own page, with or without Sec-Fetch-Site', async () => {
    const { ask } = createTestBff(rotating())
    for (const headers of [{}, { 'Sec-Fetch-Site': 'none' }, from(page)])
      expect((await ask(method, path, body, headers)).status).not.toBe(403)
  })

  it('65 may say nothing of where it comes from only when it changes nothing', async () => {
    const { ask } = createTestBff(rotating())
    expect((await ask(method, path, body, from(''))).status === 403).toBe(method !== 'GET')
  })

  it('62 is never kept by a cache, sniffed, or shared between origins, whatever the answer', async () => {
    const { ask, bff } = createTestBff(rotating())
    const thrown = { ...bff, fetch: () => bff.fetch(new Request(`${page}/auth${path}`, { method })) }
    for (const answer of [await ask(method, path, body), await createBrowser(thrown).ask(method, path)]) {
      expect(answer.headers.get('Cache-Control')).toBe('no-store')
      expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff')
      expect(answer.headers.get('Vary')).toBe('Cookie, Origin, Sec-Fetch-Site')
      if (answer.text !== '')
        expect(answer.headers.get('Content-Type')).toBe('application/json; charset=utf-8')
    }
  })
})

describe('the option `origin`', () => {
  it('is what Origin must be, whatever host the request came to', async () => {
    const { bff, log } = createTestBff(rotating(), { origin: page })
    const { ask } = createBrowser(bff, 'http://10.0.0.7:3000')
    expect((await ask('POST', '/session', { credentials }, { Origin: page })).status).toBe(200)
    expect((await ask('POST', '/session', { credentials }, { Origin: 'http://10.0.0.7:3000' })).status).toBe(
      403,
    )
    expect(log.at(-1)).toContain('`origin`')
  })

  it('is named in the log when a proxy changed the host', async () => {
    const { bff, log } = createTestBff(rotating())
    const { ask } = createBrowser(bff, 'http://10.0.0.7:3000')
    expect((await ask('POST', '/session', { credentials }, { Origin: page })).status).toBe(403)
    expect(log.at(-1)).toContain('set the option `origin`')
  })

  it('is not replaced by what a proxy, or anybody, writes into X-Forwarded headers', async () => {
    const { bff } = createTestBff(rotating())
    const { ask } = createBrowser(bff, 'http://10.0.0.7:3000')
    const forwarded = {
      'X-Forwarded-Host': 'portal.example.com',
      'X-Forwarded-Proto': 'https',
      Forwarded: 'host=portal.example.com',
    }
    expect((await ask('POST', '/session', { credentials }, { Origin: page, ...forwarded })).status).toBe(403)
  })
})

describe('a path or method that is not known', () => {
  it.each([
    ['GET', '/nothing', 404, null],
    ['GET', '', 404, null],
    ['GET', '/constructor', 404, null],
    ['GET', '/session/', 404, null],
    ['PUT', '/session', 405, 'GET, POST, DELETE'],
    ['OPTIONS', '/session', 405, 'GET, POST, DELETE'],
    ['OPTIONS', '/token', 405, 'POST'],
    ['GET', '/token', 405, 'POST'],
  ])('%s %s is answered with %i', async (method, path, status, allow) => {
    const { ask } = createTestBff(rotating())
    const answer = await ask(method, path, undefined, { 'Access-Control-Request-Method': 'POST' })
    expect(answer).toMatchObject({ status, body: { error: 'invalid_request' } })
    expect(answer.headers.get('Allow')).toBe(allow)
    expect([...answer.headers.keys()].filter((one) => one.startsWith('access-control'))).toEqual([])
  })
})

it('answers 500 and tells the log alone when something happens that nobody foresaw', async () => {
  const { signIn, log } = createTestBff(rotating(), {
    platform: {
      randomBytes: () => {
        throw new Error('no entropy')
      },
    },
  })
  const answer = await signIn()
  expect(answer).toMatchObject({ status: 500, body: { error: 'server_error' } })
  expect(answer.text).not.toContain('entropy')
  expect(log.at(-1)).toContain('no entropy')
})
