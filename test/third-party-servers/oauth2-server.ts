import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import OAuth2Server from '@node-oauth/oauth2-server'
import type { ThirdPartyServer, PeerOptions } from './third-party-server.ts'
import { client, listen, startResource, user } from './third-party-server.ts'

/**
 * `@node-oauth/oauth2-server` (Node.js), with the model of its documentation kept in memory: it knows no
 * discovery and no revocation, and forgets a refresh token that was used.
 */
export async function startOAuth2Server(options: PeerOptions = {}): Promise<ThirdPartyServer> {
  const { accessTokenLifetime = 60, clientSecret = client.clientSecret } = options
  const registered = { id: client.clientId, grants: ['password', 'client_credentials', 'refresh_token'] }
  const accessTokens = new Map<string, OAuth2Server.Token>()
  const refreshTokens = new Map<string, OAuth2Server.RefreshToken>()

  const model: OAuth2Server.PasswordModel &
    OAuth2Server.ClientCredentialsModel &
    OAuth2Server.RefreshTokenModel = {
    getClient: async (id, secret) => id === client.clientId && secret === clientSecret && registered,
    getUser: async (username, password) =>
      username === user.username && password === user.password && { id: username },
    getUserFromClient: async () => ({}),
    saveToken: async (token, tokenClient, tokenUser) => {
      const saved = { ...token, client: tokenClient, user: tokenUser }
      accessTokens.set(saved.accessToken, saved)
      const { refreshToken } = saved
      if (refreshToken !== undefined) refreshTokens.set(refreshToken, { ...saved, refreshToken })
      return saved
    },
    getAccessToken: async (token) => accessTokens.get(token),
    getRefreshToken: async (token) => refreshTokens.get(token),
    revokeToken: async ({ refreshToken }) => refreshTokens.delete(refreshToken),
    validateScope: async (_user, _client, scope = ['read']) =>
      scope.every((value) => value === 'read') && scope,
  }
  const server = new OAuth2Server({ model, accessTokenLifetime })

  const listening = await listen((incoming, outgoing) => {
    void answer(server, incoming).then(({ status, headers, body }) => {
      outgoing.writeHead(status, { 'Content-Type': 'application/json', ...headers })
      outgoing.end(JSON.stringify(body))
    })
  })
  const resource = await startResource(async (token) => {
    const expiresAt = accessTokens.get(token)?.accessTokenExpiresAt
    return expiresAt !== undefined && expiresAt > new Date()
  })
  return {
    name: '@node-oauth/oauth2-server',
    tokenUrl: `${listening.url}/token`,
    discoveryUrl: null,
    issuer: null,
    revokeUrl: null,
    userinfoUrl: null,
    resourceUrl: resource.url,
    clientId: client.clientId,
    clientSecret,
    clientAuth: ['basic', 'post'],
    ...user,
    scope: 'read',
    rotation: 'one-use',
    accessTokenLifetime,
    endSessions: async () => refreshTokens.clear(),
    stop: async () => {
      await Promise.all([listening.close(), resource.close()])
    },
  }
}

/** The token endpoint: everywhere else the package leaves HTTP to the user. */
async function answer(
  server: OAuth2Server,
  incoming: IncomingMessage,
): Promise<{ status: number; headers: Record<string, string>; body: unknown }> {
  const { method = '', url = '' } = incoming
  if (url !== '/token') return { status: 404, headers: {}, body: {} }
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
  )
  const body = Object.fromEntries(new URLSearchParams(await text(incoming)))
  const response = new OAuth2Server.Response()
  try {
    await server.token(new OAuth2Server.Request({ method, headers, query: {}, body }), response)
  } catch (error) {
    // Everything it refuses is in the response, but for what it finds wrong with the request itself.
    if (!(error instanceof OAuth2Server.OAuthError)) throw error
    response.status = error.code
    response.body = { error: error.name, error_description: error.message }
  }
  return { status: response.status ?? 200, headers: response.headers ?? {}, body: response.body as unknown }
}
