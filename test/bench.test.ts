import { request as sendRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { timeCallsInNode } from '../bench/calls/in-node.mjs'
import { findPostgres, findProgram } from '../scripts/find-program.mjs'
import type { Engine } from '../bench/engines.mjs'
import { startPostgres, startRedis } from '../bench/engines.mjs'
import { measurementNames, parseBenchOptions } from '../bench/options.mjs'
import type { PageRequest } from '../bench/requests.mjs'
import { createPageRequest, createTokenRequest } from '../bench/requests.mjs'
import { servers } from '../bench/servers/index.mjs'
import type { RunningServer, ServerName, Signed, Upstreams } from '../bench/servers/index.mjs'

interface Received {
  status: number | undefined
  headers: Record<string, unknown>
  body: string
}

const running: RunningServer[] = []
const engines: Engine[] = []
let upstreams: Upstreams = { tokenEndpoint: '', resourceServer: '' }

beforeAll(async () => {
  const { port: tokenPort } = await start('token endpoint')
  const { port: resourcePort } = await start('resource server')
  upstreams = {
    tokenEndpoint: `http://127.0.0.1:${tokenPort}/token`,
    resourceServer: `http://127.0.0.1:${resourcePort}`,
  }
})

afterAll(async () => {
  await Promise.all(running.map(async (server) => server.close()))
  await Promise.all(engines.map((engine) => engine.stop()))
})

describe('the benchmark', () => {
  it.each([
    'bare node:http',
    'hand-written floor',
    '@fastify/secure-session',
    'Latchkey, embedded store',
  ] as const)(
    'compares GET /auth/session with a server that sends the same bytes and headers: %s',
    async (name) => {
      const getSession = (port: number, { cookie }: Signed): PageRequest =>
        createPageRequest(port, 'GET', '/auth/session', cookie)
      const latchkey = await exchange('Latchkey', getSession)
      const other = await exchange(name, getSession)
      expect(latchkey.status).toBe(200)
      expect(latchkey.body).toContain('"access_token"')
      expect(other).toEqual(latchkey)
    },
  )

  it('compares POST /auth/token with the same response as GET /auth/session', async () => {
    const read = await exchange('Latchkey', (port, { cookie }) =>
      createPageRequest(port, 'GET', '/auth/session', cookie),
    )
    const refreshed = await exchange('Latchkey', (port, session) => createTokenRequest(port, session))
    expect(refreshed).toEqual(read)
  })

  const engineStarts = [
    ...(findProgram(['redis-server', 'valkey-server']) ? [['Redis', startRedis] as const] : []),
    ...(findPostgres() ? [['PostgreSQL', startPostgres] as const] : []),
  ]
  it.each(engineStarts)(
    'compares %s with a server that sends the same bytes, and that gets a token for each refresh',
    async (_, startEngine) => {
      const engine = await startEngine('any')
      engines.push(engine)
      const options = { engine: engine.address, sessionCount: 1 }
      const getSession = (port: number, { cookie }: Signed): PageRequest =>
        createPageRequest(port, 'GET', '/auth/session', cookie)
      const latchkey = await exchange('Latchkey, shared store', getSession, options)
      const floor = await exchange('hand-written floor, shared store', getSession, options)
      expect(latchkey).toMatchObject({ status: 200, body: expect.stringContaining('"access_token"') })
      expect(floor).toEqual(latchkey)

      const { port, sessions: [session] = [] } = running.at(-1)!
      for (const sequence of [2, 3]) {
        const { body } = await send(port, createTokenRequest(port, session as Signed, true))
        expect(JSON.parse(body)).toMatchObject({ token: { sequence } })
      }
    },
  )

  it.each(['fast-proxy', 'undici dispatch', 'http-proxy'] as const)(
    'compares a proxied request with a proxy that sends the token and gets the same bytes: %s',
    async (name) => {
      const getItems = (port: number, { cookie }: Signed): PageRequest =>
        createPageRequest(port, 'GET', '/api/items?page=2', cookie)
      const latchkey = await exchange('Latchkey', getItems)
      const other = await exchange(name, getItems)
      // The resource server responds with 401 to a request without a token.
      expect([latchkey.status, other.status]).toEqual([200, 200])
      expect(other.body).toBe(latchkey.body)
    },
  )

  it('refreshes a token once a second in its measurement of refreshes', async () => {
    const server = await start('Latchkey, fast clock', { sessionCount: 1 })
    const { port, sessions: [session] = [] } = server
    const sequences = new Set<unknown>()
    await expect
      .poll(async () => {
        const { body } = await send(port, createTokenRequest(port, session as Signed, true))
        sequences.add((JSON.parse(body) as { token: { sequence: number } }).token.sequence)
        return sequences.size
      })
      .toBe(2)
  })

  it('times calls of a client that is signed in', async () => {
    const times = await timeCallsInNode([['stub', 'fetch', 'getAccessToken', 'accessToken']])
    for (const values of Object.values(times)) expect(values).toEqual([expect.any(Number)])
  })

  it('has an option for a quick run, for one measurement and for the order', () => {
    expect(parseBenchOptions(['--quick', '--only', 'proxy', '--seed', '7'])).toEqual({
      quick: true,
      only: ['proxy'],
      seed: 7,
    })
    expect(parseBenchOptions([]).only).toEqual(measurementNames)
    expect(() => parseBenchOptions(['--only', 'speed'])).toThrow('Expected: session, proxy')
  })
})

async function start(name: ServerName, options: Partial<Upstreams> = {}): Promise<RunningServer> {
  const server: RunningServer = await servers[name]({ ...upstreams, ...options })
  running.push(server)
  return server
}

/** Sends a request of a signed-in page to a server, and returns the response without what differs between sessions. */
async function exchange(
  name: ServerName,
  createRequest: (port: number, session: Signed) => PageRequest,
  options: Partial<Upstreams> = {},
): Promise<Received> {
  const { port, sessions = [] } = await start(name, options)
  const { status, headers, body } = await send(port, createRequest(port, sessions[0] as Signed))
  const { date: _, ...sameHeaders } = headers
  const unlike = /("(?:session_id|subject|access_token)":)"[\w-]+"|("expires_in":)\d+/g
  return { status, headers: sameHeaders, body: body.replaceAll(unlike, '$1$2"…"') }
}

function send(port: number, { method, path, headers, body }: PageRequest): Promise<Received> {
  return new Promise((resolve, reject) => {
    const outgoing = sendRequest({ host: '127.0.0.1', port, method, path, headers }, (incoming) => {
      let text = ''
      incoming.setEncoding('utf8').on('data', (part: string) => (text += part))
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode, headers: incoming.headers, body: text }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
