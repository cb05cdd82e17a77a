import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { startHttpServer } from '../third-party-servers/third-party-server.ts'
import type { Server } from './server.ts'

/** How an {@link startOddServer odd server} differs from a common implementation of RFC 6749. */
export interface OddServerOptions {
  /** The response to a wrong password or an unknown user. */
  rejectedSignIn?: 'invalid_grant' | 'empty 403' | 'closed connection' | 'html 500' | 'tokens'
  /** The response to an unknown refresh token. */
  rejectedRefresh?: 'invalid_grant' | 'empty 400' | 'closed connection'
  /** The response to a wrong client secret. */
  rejectedClient?: 'invalid_client' | 'empty 400' | 'tokens'
  /** The refresh token in the response to a refresh. */
  rotation?: 'one-use' | 'same' | 'omitted'
  /** Whether a sign-in returns a refresh token. */
  refreshTokens?: boolean
  /** The value of `expires_in`. */
  lifetime?: string | number
  scopeInResponses?: boolean
  /** What a refresh does to the old access token. */
  oldAccessToken?: 'stays valid' | 'is revoked'
  revocation?: 'works' | 'does nothing' | 'basic only' | 'rejects'
  /** Changes the discovery document. */
  changeMetadata?: (document: Record<string, unknown>) => Record<string, unknown>
  /** Whether the server supports the client credentials grant. */
  clientCredentials?: boolean
  userinfo?: 'works' | 'requires openid'
  /** Whether the client needs no secret. */
  publicClient?: boolean
}

/** Starts an authorization server with unusual behaviour. */
export async function startOddServer(
  options: OddServerOptions = {},
): Promise<{ server: Server; stop: () => Promise<void> }> {
  const { lifetime = 60, scopeInResponses = true, refreshTokens: issuesRefreshTokens = true } = options
  const client = { id: 'odd-client', secret: 'odd-secret-b9' }
  const user = { username: 'ada', password: 'a-pass=word "9"' }
  const accessTokens = new Set<string>()
  /** The access token that each refresh token was issued with. */
  const refreshTokens = new Map<string, string>()

  const { url, close } = await startHttpServer((request, response) => {
    void handleRequest(request, response)
  })

  async function handleRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await text(request))
    const [, basic = ''] = /^Basic (.+)/.exec(request.headers.authorization ?? '') ?? []
    const [id, secret] = basic
      ? Buffer.from(basic, 'base64').toString().split(':')
      : [form.get('client_id'), form.get('client_secret')]
    const isClient = id === client.id && (options.publicClient === true || secret === client.secret)
    const send = (status: number, body?: unknown): void => {
      response.writeHead(status, { 'Content-Type': 'application/json' })
      response.end(body === undefined ? '' : JSON.stringify(body))
    }
    const sendRejection = (kind: string): void => {
      if (kind === 'closed connection') request.socket.destroy()
      else if (kind === 'html 500') response.writeHead(500).end('<h1>Oops</h1>')
      else if (kind.startsWith('empty')) send(Number(kind.slice(6)))
      else send(400, { error: kind })
    }
    const issueToken = (refreshToken: string | null): void => {
      const accessToken = `access-${randomUUID()}`
      accessTokens.add(accessToken)
      if (refreshToken !== null) refreshTokens.set(refreshToken, accessToken)
      const hasRefreshToken =
        refreshToken !== null && (form.has('username') || options.rotation !== 'omitted')
      send(200, {
        access_token: accessToken,
        token_type: 'bearer',
        expires_in: lifetime,
        ...(scopeInResponses && { scope: 'read' }),
        ...(hasRefreshToken && { refresh_token: refreshToken }),
      })
    }
    const createRefreshToken = (): string | null => (issuesRefreshTokens ? `refresh-${randomUUID()}` : null)

    if (request.url === '/.well-known/openid-configuration') {
      const document = { issuer: url, token_endpoint: `${url}/token`, revocation_endpoint: `${url}/revoke` }
      return send(200, options.changeMetadata?.(document) ?? document)
    }
    if (request.url === '/userinfo') {
      const bearer = (request.headers.authorization ?? '').replace('Bearer ', '')
      if (!accessTokens.has(bearer)) return send(401)
      return send(options.userinfo === 'requires openid' ? 403 : 200, {})
    }
    if (!isClient && options.rejectedClient !== 'tokens')
      return sendRejection(options.rejectedClient ?? 'invalid_client')
    if (request.url === '/revoke') {
      const { revocation } = options
      if (revocation === 'rejects' || (revocation === 'basic only' && !basic)) return send(401)
      if (revocation !== 'does nothing') refreshTokens.delete(form.get('token') ?? '')
      return send(200)
    }
    const grant = form.get('grant_type') ?? ''
    switch (grant) {
      case 'password': {
        const { rejectedSignIn: refusedSignIn = 'invalid_grant' } = options
        const isUser = form.get('username') === user.username && form.get('password') === user.password
        return isUser || refusedSignIn === 'tokens'
          ? issueToken(createRefreshToken())
          : sendRejection(refusedSignIn)
      }
      case 'refresh_token': {
        const usedRefreshToken = form.get('refresh_token') ?? ''
        const accessToken = refreshTokens.get(usedRefreshToken)
        if (accessToken === undefined) return sendRejection(options.rejectedRefresh ?? 'invalid_grant')
        if (options.oldAccessToken === 'is revoked') accessTokens.delete(accessToken)
        const { rotation = 'one-use' } = options
        if (rotation === 'one-use') refreshTokens.delete(usedRefreshToken)
        return issueToken(rotation === 'one-use' ? createRefreshToken() : usedRefreshToken)
      }
      default:
        if (grant === 'client_credentials' && options.clientCredentials) return issueToken(null)
        return send(400, { error: 'unauthorized_client' })
    }
  }

  const server: Server = {
    name: 'an odd server',
    tokenUrl: `${url}/token`,
    discoveryUrl: `${url}/.well-known/openid-configuration`,
    revokeUrl: null,
    userinfoUrl: `${url}/userinfo`,
    clientId: client.id,
    clientSecret: client.secret,
    clientAuth: options.revocation === 'basic only' ? ['basic', 'post'] : ['basic'],
    ...user,
    scope: 'read',
    rotation: options.rotation === undefined && issuesRefreshTokens ? 'one-use' : 'unknown',
    accessTokenLifetime: 60,
  }
  return { server, stop: close }
}
