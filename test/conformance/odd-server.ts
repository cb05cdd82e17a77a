import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { listen } from '../third-party-servers/third-party-server.ts'
import type { Server } from './server.ts'

/** How an {@link startOddServer odd server} differs from what RFC 6749 leads to expect. */
export interface Oddities {
  /** What a wrong password or an unknown user gets. */
  refusedSignIn?: 'invalid_grant' | 'empty 403' | 'closed connection' | 'html 500' | 'tokens'
  /** What a refresh token that it does not know gets. */
  refusedRefresh?: 'invalid_grant' | 'empty 400' | 'closed connection'
  wrongClient?: 'invalid_client' | 'empty 400' | 'tokens'
  /** The refresh token in the answer to a refresh. */
  rotation?: 'one-use' | 'same' | 'omitted'
  /** The refresh token in the answer to a sign-in. */
  refreshTokens?: boolean
  /** `expires_in`, as it stands in the answers. */
  lifetime?: string | number
  scopeInAnswers?: boolean
  /** What becomes of the access token at a refresh. */
  oldAccessToken?: 'lives' | 'dies'
  revocation?: 'works' | 'does nothing' | 'basic only' | 'refuses'
  /** Changes what the discovery document says. */
  metadata?: (document: Record<string, unknown>) => Record<string, unknown>
  /** The grants it knows beside `password` and `refresh_token`. */
  clientCredentials?: boolean
  userinfo?: 'works' | 'wants openid'
}

/** An authorization server that has manners of its own. */
export async function startOddServer(
  oddities: Oddities = {},
): Promise<{ server: Server; stop: () => Promise<void> }> {
  const { lifetime = 60, scopeInAnswers = true, refreshTokens: givesRefreshTokens = true } = oddities
  const client = { id: 'odd-client', secret: 'odd-secret-b9' }
  const user = { username: 'ada', password: 'a-pass=word "9"' }
  const accessTokens = new Set<string>()
  /** With the access token of each. */
  const refreshTokens = new Map<string, string>()

  const { url, close } = await listen((request, response) => {
    void answer(request, response)
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await text(request))
    const [, basic = ''] = /^Basic (.+)/.exec(request.headers.authorization ?? '') ?? []
    const [id, secret] = basic
      ? Buffer.from(basic, 'base64').toString().split(':')
      : [form.get('client_id'), form.get('client_secret')]
    const isClient = id === client.id && secret === client.secret
    const send = (status: number, body?: unknown): void => {
      response.writeHead(status, { 'Content-Type': 'application/json' })
      response.end(body === undefined ? '' : JSON.stringify(body))
    }
    const refuse = (how: string): void => {
      if (how === 'closed connection') request.socket.destroy()
      else if (how === 'html 500') response.writeHead(500).end('<h1>Oops</h1>')
      else if (how.startsWith('empty')) send(Number(how.slice(6)))
      else send(400, { error: how })
    }
    const issue = (refreshToken: string | null): void => {
      const accessToken = `access-${randomUUID()}`
      accessTokens.add(accessToken)
      if (refreshToken !== null) refreshTokens.set(refreshToken, accessToken)
      const told = refreshToken !== null && (form.has('username') || oddities.rotation !== 'omitted')
      send(200, {
        access_token: accessToken,
        token_type: 'bearer',
        expires_in: lifetime,
        ...(scopeInAnswers && { scope: 'read' }),
        ...(told && { refresh_token: refreshToken }),
      })
    }
    const fresh = (): string | null => (givesRefreshTokens ? `refresh-${randomUUID()}` : null)

    if (request.url === '/.well-known/openid-configuration') {
      const document = { issuer: url, token_endpoint: `${url}/token`, revocation_endpoint: `${url}/revoke` }
      return send(200, oddities.metadata?.(document) ?? document)
    }
    if (request.url === '/userinfo') {
      const bearer = (request.headers.authorization ?? '').replace('Bearer ', '')
      if (!accessTokens.has(bearer)) return send(401)
      return send(oddities.userinfo === 'wants openid' ? 403 : 200, {})
    }
    if (!isClient && oddities.wrongClient !== 'tokens')
      return refuse(oddities.wrongClient ?? 'invalid_client')
    if (request.url === '/revoke') {
      const { revocation } = oddities
      if (revocation === 'refuses' || (revocation === 'basic only' && !basic)) return send(401)
      if (revocation !== 'does nothing') refreshTokens.delete(form.get('token') ?? '')
      return send(200)
    }
    const grant = form.get('grant_type') ?? ''
    switch (grant) {
      case 'password': {
        const { refusedSignIn = 'invalid_grant' } = oddities
        const isUser = form.get('username') === user.username && form.get('password') === user.password
        return isUser || refusedSignIn === 'tokens' ? issue(fresh()) : refuse(refusedSignIn)
      }
      case 'refresh_token': {
        const given = form.get('refresh_token') ?? ''
        const accessToken = refreshTokens.get(given)
        if (accessToken === undefined) return refuse(oddities.refusedRefresh ?? 'invalid_grant')
        if (oddities.oldAccessToken === 'dies') accessTokens.delete(accessToken)
        const { rotation = 'one-use' } = oddities
        if (rotation === 'one-use') refreshTokens.delete(given)
        return issue(rotation === 'one-use' ? fresh() : given)
      }
      default:
        if (grant === 'client_credentials' && oddities.clientCredentials) return issue(null)
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
    clientAuth: oddities.revocation === 'basic only' ? ['basic', 'post'] : ['basic'],
    ...user,
    scope: 'read',
    rotation: oddities.rotation === undefined && givesRefreshTokens ? 'one-use' : 'whatever',
    accessTokenLifetime: 60,
  }
  return { server, stop: close }
}
