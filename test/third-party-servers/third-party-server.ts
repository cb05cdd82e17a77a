import { once } from 'node:events'
import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A running authorization server of another project, and a resource server that accepts its tokens. */
export interface ThirdPartyServer {
  readonly name: string
  readonly tokenUrl: string
  /** This and the URLs below are `null` if the server has no such endpoint. */
  readonly discoveryUrl: string | null
  readonly issuer: string | null
  readonly revokeUrl: string | null
  readonly userinfoUrl: string | null
  /** The resource server: `GET {resourceUrl}/items` needs a valid access token. */
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
  /** Invalidates every refresh token issued so far, as when an administrator ends all sessions. */
  readonly endSessions: () => Promise<void>
  readonly stop: () => Promise<void>
}

export interface ThirdPartyServerOptions {
  /** In seconds. Default: 60. */
  readonly accessTokenLifetime?: number
  readonly clientSecret?: string
}

/** The user that every server knows. The password contains characters that encoding often breaks. */
export const testUser = { username: 'alice', password: ' p+ss&wörd=100% é ' }

/** The client that every server knows. */
export const testClient = { clientId: 'bff-client', clientSecret: 'bff-secret-c5a2f1' }

/** An HTTP server on a free loopback port. */
export interface HttpServer {
  readonly url: string
  readonly server: Server
  readonly close: () => Promise<void>
}

export async function startHttpServer(listener?: RequestListener): Promise<HttpServer> {
  const server = createServer(listener)
  // Node closes idle connections after five seconds, when a slow browser may be about to send a request on one.
  server.keepAliveTimeout = 0
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

/** Starts a resource server that checks every bearer token with `acceptsToken`. */
export async function startResourceServer(
  acceptsToken: (accessToken: string) => Promise<boolean>,
): Promise<HttpServer> {
  return startHttpServer((request, response) => {
    const bearer = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
    void (bearer === undefined ? Promise.resolve(false) : acceptsToken(bearer)).then((isAccepted) => {
      response.statusCode = !isAccepted ? 401 : request.url === '/items' ? 200 : 404
      response.setHeader('Content-Type', 'application/json')
      if (response.statusCode === 401) response.setHeader('WWW-Authenticate', 'Bearer error="invalid_token"')
      response.end(response.statusCode === 200 ? '{"items":["one","two"]}' : '{}')
    })
  })
}

/** Whether the introspection endpoint reports the token as active (RFC 7662). */
export async function isTokenActive(
  introspectionUrl: string,
  clientSecret: string,
  token: string,
): Promise<boolean> {
  const pair = Buffer.from(`${testClient.clientId}:${clientSecret}`).toString('base64')
  const body = new URLSearchParams({ token })
  const response = await fetch(introspectionUrl, {
    method: 'POST',
    body,
    headers: { Authorization: `Basic ${pair}` },
  })
  return response.ok && ((await response.json()) as { active?: unknown }).active === true
}
