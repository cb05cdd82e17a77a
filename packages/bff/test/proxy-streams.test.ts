import { EventEmitter, once } from 'node:events'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { createBff } from '../src/index.ts'
import { toNodeListener } from '../src/node.ts'
import { createTestLogger, credentials } from './support/browser.ts'
import { provider } from './support/proxy-setup.ts'
import { createTokenEndpoint, rotating } from './support/token-endpoint.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
})

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A page over real connections, signed in, before a resource server that does as it is told. */
async function open(api: RequestListener) {
  let passed = 0
  const notes = createTestLogger()
  const endpoint = createTokenEndpoint(rotating())
  const resource = await listen(api)
  const bff = createBff({
    provider,
    mode: 'proxy',
    proxy: [{ path: '/api/*', to: `${resource}/v1/*`, methods: ['GET', 'POST', 'DELETE'] }],
    logger: notes,
    platform: {
      now: () => Date.now() + passed,
      fetch: (input, init) =>
        typeof input === 'string' && input.startsWith(resource)
          ? fetch(input, init)
          : endpoint.fetch(input, init),
    },
  })
  const base = await listen(toNodeListener(bff))
  const headers = { 'X-Latchkey': '1', 'Sec-Fetch-Site': 'same-origin', Origin: base }
  const signedIn = await fetch(`${base}/auth/session`, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify({ credentials }),
  })
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const pass = (seconds: number): void => void (passed += seconds * 1000)
  return { base, pass, notes: notes.lines, headers: { ...headers, Cookie: cookie } }
}

const text = (value: Uint8Array | undefined): string => Buffer.from(value ?? []).toString()

describe('over real connections', () => {
  it.each([302, 307])('a redirect (%i) of the resource server takes the token nowhere', async (status) => {
    const seen: (string | undefined)[] = []
    const elsewhere = await listen((incoming, outgoing) => {
      seen.push(incoming.headers.authorization)
      outgoing.end()
    })
    const { base, headers } = await open((_, outgoing) => {
      outgoing.writeHead(status, { Location: `${elsewhere}/v1/me` }).end()
    })
    expect((await fetch(`${base}/api/me`, { headers, redirect: 'manual' })).status).toBe(502)
    expect(seen).toEqual([])
  })

  it('a download arrives part by part, and the resource server stops when the page has gone', async () => {
    let closed: Promise<unknown> = Promise.resolve()
    let api: ServerResponse | undefined
    const { base, headers, notes } = await open((_, outgoing) => {
      api = outgoing
      closed = once(outgoing, 'close')
      outgoing.write('first')
    })
    const page = new AbortController()
    const answer = await fetch(`${base}/api/file`, { headers, signal: page.signal })
    const reader = answer.body?.getReader()
    expect(text((await reader?.read())?.value)).toBe('first')
    api?.write('second')
    expect(text((await reader?.read())?.value)).toBe('second')
    page.abort()
    await closed
    expect(notes.filter((note) => /wrong|vain/.test(note))).toEqual([])
  })

  it('an upload arrives part by part, and breaks off when the page has gone', async () => {
    const arrivals = new EventEmitter()
    const incoming = once(arrivals, 'request') as Promise<[IncomingMessage]>
    const { base, headers } = await open((message) => arrivals.emit('request', message))
    const upload = request(`${base}/api/file`, { method: 'POST', headers })
    upload.on('error', () => {})
    upload.write('first')
    const [api] = await incoming
    expect(api.headers).toMatchObject({ authorization: 'Bearer access-1', 'transfer-encoding': 'chunked' })
    const [first] = (await once(api, 'data')) as [Buffer]
    expect(text(first)).toBe('first')
    upload.write('second')
    const [second] = (await once(api, 'data')) as [Buffer]
    expect(text(second)).toBe('second')
    const broken = once(api, 'error')
    upload.destroy()
    await broken
  })

  it('the opening of a stream of events is heard before the first one', async () => {
    let api: ServerResponse | undefined
    const { base, headers } = await open((_, outgoing) => {
      api = outgoing
      outgoing.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders()
    })
    const answer = await fetch(`${base}/api/events`, { headers })
    expect(answer.headers.get('Content-Type')).toBe('text/event-stream')
    api?.write('data: 1\n\n')
    expect(text((await answer.body?.getReader().read())?.value)).toBe('data: 1\n\n')
  })

  it('a short body has its length, and none is none', async () => {
    const heard: IncomingMessage['headers'][] = []
    const { base, headers } = await open((incoming, outgoing) => {
      heard.push(incoming.headers)
      outgoing.end()
    })
    await fetch(`${base}/api/items`, { method: 'POST', headers, body: '{"a":1}' })
    await fetch(`${base}/api/items/1`, { method: 'DELETE', headers })
    expect(heard.map((one) => [one['content-length'], one['transfer-encoding']])).toEqual([
      ['7', undefined],
      [undefined, undefined],
    ])
  })

  it('what has no body or a short one is sent once more when the token was rejected', async () => {
    const heard: (string | undefined)[] = []
    const { base, headers, pass } = await open((incoming, outgoing) => {
      heard.push(`${incoming.method} ${incoming.headers.authorization}`)
      outgoing.writeHead(heard.length % 2 === 1 ? 401 : 200).end()
    })
    for (const init of [{ method: 'DELETE' }, { method: 'POST', body: '{}' }]) {
      pass(60)
      expect((await fetch(`${base}/api/items/1`, { ...init, headers })).status).toBe(200)
    }
    expect(heard).toEqual([
      'DELETE Bearer access-1',
      'DELETE Bearer access-2',
      'POST Bearer access-2',
      'POST Bearer access-3',
    ])
  })

  it('what comes compressed goes on decoded, and a range as it is', async () => {
    const body = 'x'.repeat(5000)
    const { base, headers } = await open((incoming, outgoing) => {
      if (incoming.headers.range === undefined) {
        const zipped = gzipSync(body)
        outgoing.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Length': zipped.length }).end(zipped)
        return
      }
      expect(incoming.headers['accept-encoding']).toBe('identity')
      outgoing.writeHead(206, { 'Content-Range': 'bytes 0-1/5000', 'Content-Length': 2 }).end('xx')
    })
    const whole = await fetch(`${base}/api/file`, { headers })
    expect(await whole.text()).toBe(body)
    const part = await fetch(`${base}/api/file`, { headers: { ...headers, Range: 'bytes=0-1' } })
    expect([part.status, part.headers.get('Content-Length'), await part.text()]).toEqual([206, '2', 'xx'])
  })

  it('a request that is more than one, or leads elsewhere, asks the resource server nothing', async () => {
    const heard: (string | undefined)[] = []
    const { base, headers } = await open((incoming, outgoing) => {
      heard.push(incoming.url)
      outgoing.end()
    })
    for (const path of ['/api/../v2', '/api/%2e%2e/v2', '/api\\..\\v2', '/api/..%2fv2', '/api/a%00', '*']) {
      const asked = request(base, { path, headers }).end()
      const [answer] = (await once(asked, 'response')) as [IncomingMessage]
      answer.resume()
      expect([path, answer.statusCode]).toEqual([path, 400])
    }
    expect(heard).toEqual([])
    const asked = request(base, { path: 'http://evil.example/api/x', headers }).end()
    await once(asked, 'response')
    expect(heard).toEqual(['/v1/x'])
  })
})

it('a body that a parser has read goes on when it can be made again, and never as something else', async () => {
  const bodies: string[] = []
  const listener = toNodeListener({
    owns: () => true,
    async fetch(asked) {
      bodies.push(await asked.text())
      return new Response('ok')
    },
  })
  const base = await listen(async (incoming, outgoing) => {
    await incoming.toArray()
    listener(Object.assign(incoming, { body: { a: '1' } }), outgoing)
  })
  const post = async (type: string): Promise<number> =>
    (await fetch(base, { method: 'POST', headers: { 'Content-Type': type }, body: 'x' })).status
  expect(await post('application/merge-patch+json; charset=utf-8')).toBe(200)
  expect(await post('application/x-www-form-urlencoded')).toBe(500)
  expect(bodies).toEqual(['{"a":"1"}'])
})
