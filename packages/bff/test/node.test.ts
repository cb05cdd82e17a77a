import { once } from 'node:events'
import type { RequestListener, Server } from 'node:http'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createBff } from '../src/index.ts'
import { toNodeListener } from '../src/node.ts'
import { oauth2 } from '../src/providers/index.ts'
import { createTestLogger, credentials } from './support/browser.ts'
import { createTokenEndpoint, rotating } from './support/token-endpoint.ts'

const servers: Server[] = []
afterEach(() => servers.splice(0).forEach((server) => server.close()))

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function makeBff() {
  const { fetch } = createTokenEndpoint(rotating())
  return createBff({
    provider: oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: 'portal' }),
    logger: createTestLogger(),
    platform: { fetch },
  })
}

const headers = { 'X-Latchkey': '1', 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'application/json' }
const body = JSON.stringify({ credentials })

describe('toNodeListener', () => {
  it('serves a sign-in and a restore over a real connection, with a plain cookie on loopback', async () => {
    const base = await listen(toNodeListener(makeBff()))
    const signedIn = await fetch(`${base}/auth/session`, {
      method: 'POST',
      headers: { ...headers, Origin: base },
      body,
    })
    expect(signedIn.status).toBe(200)
    const [cookie = ''] = signedIn.headers.getSetCookie()
    expect(cookie).toMatch(/^latchkey=[\w-]{64}; Path=\/; HttpOnly; SameSite=Strict$/)
    const restored = await fetch(`${base}/auth/session`, {
      headers: { ...headers, Cookie: cookie.split(';')[0] ?? '' },
    })
    expect(await restored.json()).toMatchObject({
      session: { user: { username: 'cathy' } },
      token: { sequence: 1 },
    })
  })

  it('leaves what is not below the base path to the next one', async () => {
    const listener = toNodeListener(makeBff())
    const base = await listen((incoming, outgoing) =>
      listener(incoming, outgoing, () => outgoing.end('the app')),
    )
    expect(await (await fetch(`${base}/authors`)).text()).toBe('the app')
    expect((await fetch(`${base}/auth/nothing`)).status).toBe(404)
  })

  it('uses the body that a parser of the framework has read, instead of waiting for it', async () => {
    const listener = toNodeListener(makeBff())
    const base = await listen(async (incoming, outgoing) => {
      const chunks = (await incoming.toArray()) as Buffer[]
      listener(Object.assign(incoming, { body: JSON.parse(Buffer.concat(chunks).toString()) }), outgoing)
    })
    const answer = await fetch(`${base}/auth/session`, { method: 'POST', headers, body })
    expect(answer.status).toBe(200)
  })

  it('answers 400 when the body was read and thrown away', async () => {
    const listener = toNodeListener(makeBff())
    const base = await listen(async (incoming, outgoing) => {
      await incoming.toArray()
      listener(incoming, outgoing)
    })
    expect((await fetch(`${base}/auth/session`, { method: 'POST', headers, body })).status).toBe(400)
  })

  it('takes the whole URL when a framework has cut the mount point off', async () => {
    const listener = toNodeListener(makeBff())
    const base = await listen((incoming, outgoing) => {
      const originalUrl = incoming.url
      incoming.url = '/session'
      listener(Object.assign(incoming, { originalUrl }), outgoing, () => outgoing.end('the app'))
    })
    expect(await (await fetch(`${base}/auth/session`, { headers })).json()).toMatchObject({ session: null })
  })

  it.each([
    ['//evil.example/auth/session', 404],
    ['http://evil.example/auth/session', 200],
    ['*', 400],
    ['/auth/../auth/session', 400],
    ['/auth/%2E%2e/auth/session', 400],
    ['/auth\\session', 400],
    ['/auth/session?../auth', 200],
    ['/auth/%00', 404],
  ])('is not led away by the request target %s', async (path, status) => {
    const base = await listen(toNodeListener(makeBff()))
    const asked = request(base, { path, headers }).end()
    const [answer] = (await once(asked, 'response')) as [{ statusCode: number; resume(): void }]
    answer.resume()
    expect(answer.statusCode).toBe(status)
  })

  it('refuses a method that the web forbids, and lives on', async () => {
    const base = await listen(toNodeListener(makeBff()))
    const asked = request(`${base}/auth/session`, { method: 'TRACE', headers }).end()
    const [answer] = (await once(asked, 'response')) as [{ statusCode: number; resume(): void }]
    answer.resume()
    expect(answer.statusCode).toBe(400)
    expect((await fetch(`${base}/auth/session`, { headers })).status).toBe(200)
  })

  it('ends the connection, and lives on, when a body breaks or a handler throws', async () => {
    const broken = new ReadableStream({ pull: (stream) => stream.error(new Error('broken')) })
    const handlers = [async () => new Response(broken), () => Promise.reject(new Error('thrown'))]
    for (const handler of handlers) {
      const base = await listen(toNodeListener({ owns: () => true, fetch: handler }))
      await expect(fetch(`${base}/auth/x`).then((answer) => answer.text())).rejects.toThrow(TypeError)
    }
  })

  it('takes away what a CORS middleware has opened', async () => {
    const listener = toNodeListener(makeBff())
    const base = await listen((incoming, outgoing) => {
      outgoing.setHeader('Access-Control-Allow-Origin', '*')
      listener(incoming, outgoing)
    })
    const answer = await fetch(`${base}/auth/session`, { headers })
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBeNull()
  })

  it('keeps several cookies apart, streams, and tells the handler when the browser goes away', async () => {
    let aborted: Promise<unknown> = Promise.resolve()
    const base = await listen(
      toNodeListener({
        owns: () => true,
        fetch: async ({ signal }) => {
          aborted = new Promise((resolve) => signal.addEventListener('abort', resolve))
          const endless = new ReadableStream({ start: (stream) => stream.enqueue(Buffer.from('first')) })
          return new Response(endless, {
            headers: [
              ['Set-Cookie', 'a=1'],
              ['Set-Cookie', 'b=2'],
            ],
          })
        },
      }),
    )
    const browser = new AbortController()
    const answer = await fetch(`${base}/auth/stream`, { signal: browser.signal })
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    const chunk = await answer.body?.getReader().read()
    expect(Buffer.from(chunk?.value ?? []).toString()).toBe('first')
    browser.abort()
    await aborted
  })
})
