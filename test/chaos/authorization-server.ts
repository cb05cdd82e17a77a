import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { ServerKind } from '../simulation/authorization-server.ts'

export const serverKinds: readonly ServerKind[] = ['strict', 'one-use', 'grace']

/** The tokens of one sign-in, and how often they were used. */
export interface TokenFamily {
  readonly kind: ServerKind
  readonly username: string
  /** Whether the server has invalidated all its tokens. */
  isRevoked: boolean
  /** Refreshes that issued tokens. */
  grants: number
  /** Refreshes with a token that had issued tokens before. */
  sentTwice: number
}

/** A refresh request that has arrived. */
export interface Exchange {
  readonly family: TokenFamily
  /** Handles the request: the server issues tokens or rejects it. */
  readonly handle: () => void
  /** Sends the response, after {@link handle}. */
  readonly respond: () => void
  /** Sends another response. */
  readonly respondWith: (status: number, headers: Record<string, string>, body: string) => void
  /** Closes the connection without a response. */
  readonly cut: () => void
}

export interface AuthorizationServer {
  readonly origin: string
  /** Finds the tokens of a user. */
  readonly findFamily: (kind: ServerKind, username: string) => TokenFamily
  /** Leaves the next refresh of these tokens to the caller, who gets it when it has arrived. */
  readonly holdRefresh: (family: TokenFamily) => Promise<Exchange>
  /** Whether a resource server accepts an access token. */
  readonly isAccepted: (accessToken: string) => boolean
  readonly close: () => void
}

interface RefreshToken {
  readonly family: TokenFamily
  usedAt: number | null
}

const graceMs = 60_000

/** Starts an authorization server of each kind: `/strict/token`, `/one-use/token` and `/grace/token`. It counts. */
export async function startAuthorizationServer(): Promise<AuthorizationServer> {
  const families: TokenFamily[] = []
  const accessTokens = new Map<string, TokenFamily>()
  const refreshTokens = new Map<string, RefreshToken>()
  const heldRefreshes = new Map<TokenFamily, (exchange: Exchange) => void>()

  const server = createServer(
    (request, response) => void respond(request, response).catch(() => response.destroy()),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, kind = '', endpoint] = (request.url ?? '').split('/')
    const form = new URLSearchParams(await text(request))
    const token = refreshTokens.get(form.get('refresh_token') ?? form.get('token') ?? '')
    if (endpoint === 'revoke') {
      const family = token?.family ?? accessTokens.get(form.get('token') ?? '')
      if (family) family.isRevoked = true
      response.end()
    } else if (form.get('grant_type') === 'password')
      send(response, signIn(kind as ServerKind, form.get('username') ?? ''))
    else if (token) refresh(token, response)
    else send(response, { error: 'invalid_grant' })
  }

  function signIn(kind: ServerKind, username: string): Record<string, unknown> {
    const family: TokenFamily = { kind, username, isRevoked: false, grants: 0, sentTwice: 0 }
    families.push(family)
    // The first token has expired at once, and causes a refresh.
    return issueTokens(family, 0)
  }

  function refresh(token: RefreshToken, response: ServerResponse): void {
    let body: Record<string, unknown> = {}
    const exchange: Exchange = {
      family: token.family,
      handle: () => (body = useRefreshToken(token)),
      respond: () => send(response, body),
      respondWith: (status, headers, otherBody) => response.writeHead(status, headers).end(otherBody),
      cut: () => response.destroy(),
    }
    const hold = heldRefreshes.get(token.family)
    heldRefreshes.delete(token.family)
    if (hold) return hold(exchange)
    exchange.handle()
    exchange.respond()
  }

  function useRefreshToken(token: RefreshToken): Record<string, unknown> {
    const { family, usedAt } = token
    if (usedAt !== null) {
      family.sentTwice += 1
      const isInGrace = family.kind === 'grace' && Date.now() - usedAt <= graceMs
      if (family.kind === 'strict') family.isRevoked = true
      if (!isInGrace) return { error: 'invalid_grant' }
    }
    if (family.isRevoked) return { error: 'invalid_grant' }
    token.usedAt ??= Date.now()
    family.grants += 1
    return issueTokens(family, 900)
  }

  /** @param lifetime seconds */
  function issueTokens(family: TokenFamily, lifetime: number): Record<string, unknown> {
    const accessToken = randomUUID()
    const refreshToken = randomUUID()
    accessTokens.set(accessToken, family)
    refreshTokens.set(refreshToken, { family, usedAt: null })
    return {
      access_token: accessToken,
      refresh_token: refreshToken,
      token_type: 'Bearer',
      expires_in: lifetime,
    }
  }

  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    findFamily: (kind, username) =>
      families.find((family) => family.kind === kind && family.username === username)!,
    holdRefresh: (family) => new Promise((resolve) => heldRefreshes.set(family, resolve)),
    isAccepted: (accessToken) => accessTokens.get(accessToken)?.isRevoked === false,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function send(response: ServerResponse, body: Record<string, unknown>): void {
  response.writeHead('error' in body ? 400 : 200, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify(body))
}
