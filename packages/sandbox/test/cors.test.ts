import { afterEach, describe, expect, it } from 'vitest'
import type { Fault, RunningSandbox, SandboxOptions } from '../src/index.ts'
import { createSandbox, startSandbox } from '../src/index.ts'
import { readBody } from './requests.ts'

const pageOrigin = 'http://localhost:5173'
const tokenPaths = [
  '/axosoft/api/oauth2/token',
  '/bright-pattern/configapi/v2/oauth/token',
  '/class/connect/token',
  '/classy/oauth2/auth',
]
const resourcePaths = [
  '/axosoft/api/v6/items',
  '/bright-pattern/configapi/v2/phone/user',
  '/class/api/1.0/b/OAUTH_TEST/fund-data/fund-list',
  '/classy/2.0/campaigns/301204',
]
const itemsPath = '/axosoft/api/v6/items'
const discoveryPath = '/class/.well-known/openid-configuration'

let running: RunningSandbox | undefined

afterEach(async () => {
  await running?.close()
  running = undefined
})

async function start(options?: SandboxOptions): Promise<RunningSandbox> {
  return (running = await startSandbox(options))
}

/** Sends the preflight of a request with a bearer token, as a browser does. */
function sendPreflight(url: string, origin = pageOrigin, method = 'GET'): Promise<Response> {
  return fetch(url, {
    method: 'OPTIONS',
    headers: {
      Origin: origin,
      'Access-Control-Request-Method': method,
      'Access-Control-Request-Headers': 'authorization',
    },
  })
}

function sendFromPage(url: string, init: RequestInit = {}, origin = pageOrigin): Promise<Response> {
  return fetch(url, { redirect: 'manual', ...init, headers: { Origin: origin } })
}

function readCorsHeaders({ headers }: Response): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')))
}

const readable = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'WWW-Authenticate, Retry-After',
}

describe('a sandbox without the option cors', () => {
  it.each(resourcePaths)('allows no page of another origin to call %s', async (path) => {
    const { url } = await start()
    const preflight = await sendPreflight(url + path)
    expect(preflight.status).toBe(405)
    expect(readCorsHeaders(preflight)).toEqual({})
    expect(readCorsHeaders(await sendFromPage(url + path))).toEqual({})
  })
})

describe('cors: true', () => {
  it.each(resourcePaths)('allows any page to send Authorization to %s', async (path) => {
    const { url } = await start({ cors: true })
    const preflight = await sendPreflight(url + path)
    expect(preflight.status).toBe(204)
    expect(readCorsHeaders(preflight)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET',
      'access-control-allow-headers': 'Authorization, Content-Type, X-Authorization, X-Integration-Id',
      'access-control-max-age': '0',
    })
  })

  it.each(resourcePaths)('lets the page read a rejection by %s', async (path) => {
    const { url } = await start({ cors: true })
    const response = await sendFromPage(url + path)
    expect(response.status).toBe(401)
    expect(readCorsHeaders(response)).toEqual(readable)
  })

  it('lets the page read a success', async () => {
    const { url } = await start({ cors: true })
    const body = new URLSearchParams({ grant_type: 'password', username: 'cathy', password: 'latchkey-demo' })
    body.append('client_id', 'latchkey-demo-client')
    body.append('client_secret', 'latchkey-demo-secret')
    const { access_token } = await readBody(
      await fetch(`${url}/axosoft/api/oauth2/token`, { method: 'POST', body }),
    )
    const response = await fetch(url + itemsPath, {
      headers: { Origin: pageOrigin, Authorization: `Bearer ${String(access_token)}` },
    })
    expect(response.status).toBe(200)
    expect(readCorsHeaders(response)).toEqual(readable)
  })

  it.each([...tokenPaths, discoveryPath])('does not apply to %s', async (path) => {
    const { url } = await start({ cors: true })
    const preflight = await sendPreflight(url + path, pageOrigin, 'POST')
    expect(preflight.status).toBe(405)
    expect(readCorsHeaders(preflight)).toEqual({})
    expect(readCorsHeaders(await sendFromPage(url + path, { method: 'POST' }))).toEqual({})
    expect(readCorsHeaders(await sendFromPage(url + path))).toEqual({})
  })

  it('lets the page read that a method or a path does not exist', async () => {
    const { url } = await start({ cors: true })
    const wrongMethod = await sendFromPage(url + itemsPath, { method: 'POST' })
    expect([wrongMethod.status, readCorsHeaders(wrongMethod)]).toEqual([405, readable])
    const wrongPath = `${url}/axosoft/api/v6/item`
    expect((await sendPreflight(wrongPath, pageOrigin, 'DELETE')).status).toBe(204)
    const notFound = await sendFromPage(wrongPath, { method: 'DELETE' })
    expect([notFound.status, readCorsHeaders(notFound)]).toEqual([404, readable])
  })

  it.each<[Fault, number]>([
    [{ kind: 'slow', ms: 1 }, 401],
    [{ kind: 'status', status: 503, retryAfter: 7 }, 503],
    [{ kind: 'html' }, 200],
    [{ kind: 'refuse' }, 401],
    [{ kind: 'malformed' }, 401],
    [{ kind: 'redirect' }, 307],
  ])('lets the page read the response of %o', async (fault, status) => {
    const sandbox = await start({ cors: true })
    sandbox.faults.add({ ...fault, on: 'resource' })
    const response = await sendFromPage(sandbox.url + itemsPath)
    expect([response.status, readCorsHeaders(response)]).toEqual([status, readable])
  })

  it('keeps the CORS headers of a fault', async () => {
    const sandbox = await start({ cors: true })
    const headers = { 'Access-Control-Allow-Origin': 'https://other.example' }
    sandbox.faults.add({ kind: 'status', status: 502, headers, on: 'resource' })
    const response = await sendFromPage(sandbox.url + itemsPath)
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe('https://other.example')
  })

  it('counts a preflight as such, and applies no fault to it', async () => {
    const sandbox = await start({ cors: true })
    sandbox.faults.add({ kind: 'status', status: 503, on: 'resource' })
    expect((await sendPreflight(sandbox.url + itemsPath)).status).toBe(204)
    expect((await sendFromPage(sandbox.url + itemsPath)).status).toBe(503)
    expect(sandbox.requests.count({ kind: 'preflight', system: 'axosoft', status: 204 })).toBe(1)
    expect(sandbox.requests.count({ kind: 'resource' })).toBe(1)
  })
})

describe('a list of origins', () => {
  const cors = [pageOrigin, 'https://app.example']

  it('allows the pages of these origins by name', async () => {
    const { url } = await start({ cors })
    for (const origin of cors) {
      for (const response of [
        await sendPreflight(url + itemsPath, origin),
        await sendFromPage(url + itemsPath, {}, origin),
      ]) {
        expect(response.headers.get('Access-Control-Allow-Origin')).toBe(origin)
        expect(response.headers.get('Vary')).toBe('Origin')
      }
    }
  })

  it('allows no other page, and sends Vary: Origin in every response', async () => {
    const { url } = await start({ cors })
    const otherOrigin = 'http://localhost:5174'
    for (const response of [
      await sendPreflight(url + itemsPath, otherOrigin),
      await sendFromPage(url + itemsPath, {}, otherOrigin),
      await fetch(url + itemsPath),
    ]) {
      expect(readCorsHeaders(response)).toEqual({})
      expect(response.headers.get('Vary')).toBe('Origin')
    }
  })

  it('is rejected with all entries that are not origins', () => {
    const wrong = ['http://localhost:5173/', 'localhost:5173', '*', 'http://localhost:80'] as const
    const lines = wrong.map(
      (_, index) =>
        `cors[${index + 1}]: is not an origin. Expected: a scheme, host and port, such as "http://localhost:5173".`,
    )
    expect(() => createSandbox({ cors: [pageOrigin, ...wrong] })).toThrow(new TypeError(lines.join('\n')))
  })
})

describe('CORS of a running sandbox', () => {
  it('changes with setCors()', async () => {
    const sandbox = await start()
    sandbox.setCors(true)
    expect((await sendPreflight(sandbox.url + itemsPath)).status).toBe(204)
    sandbox.setCors(false)
    expect((await sendPreflight(sandbox.url + itemsPath)).status).toBe(405)
  })

  it('changes with POST /control/cors', async () => {
    const { url } = await start()
    const setCors = (cors: unknown): Promise<Response> =>
      fetch(`${url}/control/cors`, { method: 'POST', body: JSON.stringify(cors) })
    for (const [cors, allowedOrigin] of [
      [true, '*'],
      [[pageOrigin], pageOrigin],
      [false, null],
    ]) {
      expect((await setCors(cors)).status).toBe(204)
      const response = await sendFromPage(url + itemsPath)
      expect(response.headers.get('Access-Control-Allow-Origin')).toBe(allowedOrigin)
    }
  })

  it.each([[null], ['*'], [{ origin: pageOrigin }], [['*']]])(
    'stays as it is when POST /control/cors rejects %j',
    async (body) => {
      const { url } = await start({ cors: true })
      const response = await fetch(`${url}/control/cors`, { method: 'POST', body: JSON.stringify(body) })
      expect(response.status).toBe(400)
      expect(await readBody(response)).toEqual({
        error: expect.stringMatching(/^cors.* Expected: /) as string,
        examples: [true, [pageOrigin], false],
      })
      expect((await sendPreflight(url + itemsPath)).status).toBe(204)
    },
  )
})
