import { once } from 'node:events'
import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { nodePlatform } from '../src/platform.ts'
import { oauth2 } from '../src/providers/index.ts'
import { createTestBff } from './support/browser.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/**
 * A BFF with a session, in front of an authorization server over a real connection that then behaves like `listener`.
 *
 * @param timeout seconds of real time; short where the server never responds
 */
async function createSignedInBff(listener: RequestListener, timeout = 0.5) {
  let next: RequestListener = (_, response) =>
    void response.end('{"access_token":"a","refresh_token":"r","token_type":"Bearer","expires_in":900}')
  const server = createServer((request, response) => next(request, response))
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const tokenEndpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`
  const setup = createTestBff(() => Response.error(), {
    provider: oauth2({ tokenEndpoint, clientId: 'portal' }),
    timeout,
    platform: {
      fetch: (input, init) => globalThis.fetch(input, init),
      startTimer: (...timer) => nodePlatform.startTimer(...timer),
    },
  })
  await vi.waitFor(async () => expect((await setup.signIn()).status).toBe(200))
  next = listener
  await setup.clock.pass(901)
  return { ...setup, server }
}

describe('an authorization server over a real connection', () => {
  it('that redirects gets the password once, and the redirect is not followed', async () => {
    const paths: (string | undefined)[] = []
    const { signIn } = await createSignedInBff((request, response) => {
      paths.push(request.url)
      response.writeHead(307, { Location: '/elsewhere' }).end()
    }, 30)
    expect((await signIn()).status).toBe(502)
    expect(paths).toEqual(['/token'])
  })

  it.each<[string, RequestListener]>([
    ['never responds', () => {}],
    ['begins a response and never ends it', (_, response) => void response.write('{"access_token"')],
    ['closes the connection without a response', (request) => void request.socket.destroy()],
    [
      'closes the connection in the middle of its response',
      (request, response) => {
        response.writeHead(200, { 'Content-Length': '500' })
        response.write('{"access_token":"a",')
        setImmediate(() => request.socket.destroy())
      },
    ],
    ['sends a body that is too long', (_, response) => void response.end('x'.repeat(100_000))],
    [
      'never stops sending',
      (_, response) => {
        const writeMore = (): void => {
          while (!response.destroyed && response.write('x'.repeat(10_000)));
          if (!response.destroyed) response.once('drain', writeMore)
        }
        writeMore()
      },
    ],
  ])(
    'that %s leaves the session valid, and a later rejection has the reason refresh_lost',
    async (_, listener) => {
      const { signIn, token, restore, clock, server } = await createSignedInBff(listener)
      expect(await token(1)).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })
      expect((await restore()).body.session).not.toBeNull()
      expect((await signIn()).status).toBe(503)
      server.removeAllListeners('request')
      server.on('request', (__, response) => void response.writeHead(400).end('{"error":"invalid_grant"}'))
      await clock.pass(10)
      expect((await token(1)).body).toMatchObject({ error: 'login_required', reason: 'refresh_lost' })
    },
  )

  it('that is down leaves the session valid, and a later rejection has the reason refresh_rejected', async () => {
    const { token, restore, clock, server } = await createSignedInBff(() => {})
    const { port } = server.address() as AddressInfo
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
    expect((await token(1)).status).toBe(503)
    expect((await restore()).body.session).not.toBeNull()
    server.removeAllListeners('request')
    server.on('request', (_, response) => void response.writeHead(400).end('{"error":"invalid_grant"}'))
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    await clock.pass(10)
    expect((await token(1)).body.reason).toBe('refresh_rejected')
  })
})
