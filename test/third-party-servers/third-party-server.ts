import { once } from 'node:events'
import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A running authorization server that is not ours, and a resource server that trusts it. */
export interface ThirdPartyServer {
  readonly name: string
  readonly tokenUrl: string
  /** `null` where the server has no such endpoint. */
  readonly discoveryUrl: string | null
  readonly issuer: string | null
  readonly revokeUrl: string | null
  readonly userinfoUrl: string | null
  /** `GET {resourceUrl}/items` answers to whom the server's access tokens admit. */
  readonly resourceUrl: string
  readonly clientId: string
  readonly clientSecret: string
  readonly clientAuth: readonly ('basic' | 'post')[]
  readonly username: string
  readonly password: string
  readonly scope: string
  readonly rotation: 'one-use' | 'none'
  /** Seconds. */
  readonly accessTokenLifetime: number
  /** From now on every refresh token issued so far is refused, as when an administrator ends all sessions. */
  readonly endSessions: () => Promise<void>
  readonly stop: () => Promise<void>
}

export interface PeerOptions {
  /** Seconds; 60 unless given. */
  readonly accessTokenLifetime?: number
  readonly clientSecret?: string
}

/** The user that every peer knows; the password holds what is easily lost on the way. */
export const user = { username: 'alice', password: ' p+ss&wörd=100% é ' }

/** The client that every peer knows. */
export const client = { clientId: 'bff-client', clientSecret: 'bff-secret-c5a2f1' }

/** An HTTP server on a free loopback port. */
export interface Listening {
  readonly url: string
  readonly server: Server
  readonly close: () => Promise<void>
}

export async function listen(listener?: RequestListener): Promise<Listening> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Starts a resource server that asks `isGood` about every bearer it gets. */
export async function startResource(isGood: (accessToken: string) => Promise<boolean>): Promise<Listening> {
  return listen((request, response) => {
    const bearer = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
    void (bearer === undefined ? Promise.resolve(false) : isGood(bearer)).then((good) => {
      response.statusCode = !good ? 401 : request.url === '/items' ? 200 : 404
      response.setHeader('Content-Type', 'application/json')
      if (response.statusCode === 401) response.setHeader('WWW-Authenticate', 'Bearer error="invalid_token"')
      response.end(response.statusCode === 200 ? '{"items":["one","two"]}' : '{}')
    })
  })
}

/** Whether an introspection endpoint calls a token active (RFC 7662). */
export async function isActive(
  introspectionUrl: string,
  clientSecret: string,
  token: string,
): Promise<boolean> {
  const pair = Buffer.from(`${client.clientId}:${clientSecret}`).toString('base64')
  const body = new URLSearchParams({ token })
  const answer = await fetch(introspectionUrl, {
    method: 'POST',
    body,
    headers: { Authorization: `Basic ${pair}` },
  })
  return answer.ok && ((await answer.json()) as { active?: unknown }).active === true
}
