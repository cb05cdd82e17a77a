import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import OAuth2Server from '@node-oauth/oauth2-server'
import type { ThirdPartyServer, ThirdPartyServerOptions } from './third-party-server.ts'
import { testClient, startHttpServer, startResourceServer, testUser } from './third-party-server.ts'

/**
 * Starts `@node-oauth/oauth2-server` (Node.js) with the model of its documentation in memory. It has neither discovery
 * nor revocation, and deletes a refresh token when it is used.
 */
export async function startOAuth2Server(options: ThirdPartyServerOptions = {}): Promise<ThirdPartyServer> {
  const { accessTokenLifetime = 60, clientSecret = testClient.clientSecret } = options
  const registration = {
    id: testClient.clientId,
    grants: ['password', 'client_credentials', 'refresh_token'],
  }
  const accessTokens = new Map<string, OAuth2Server.Token>()
  const refreshTokens = new Map<string, OAuth2Server.RefreshToken>()

  const model: OAuth2Server.PasswordModel &
    OAuth2Server.ClientCredentialsModel &
    OAuth2Server.RefreshTokenModel = {
    getClient: async (id, secret) => id === testClient.clientId && secret === clientSecret && registration,
    getUser: async (username, password) =>
      username === testUser.username && password === testUser.password && { id: username },
    getUserFromClient: async () => ({}),
    saveToken: async (token, tokenClient, tokenUser) => {
      const savedToken = { ...token, client: tokenClient, user: tokenUser }
      accessTokens.set(savedToken.accessToken, savedToken)
      const { refreshToken } = savedToken
      if (refreshToken !== undefined) refreshTokens.set(refreshToken, { ...savedToken, refreshToken })
      return savedToken
    },
    getAccessToken: async (token) => accessTokens.get(token),
    getRefreshToken: async (token) => refreshTokens.get(token),
    revokeToken: async ({ refreshToken }) => refreshTokens.delete(refreshToken),
    validateScope: async (_user, _client, scope = ['read']) =>
      scope.every((value) => value === 'read') && scope,
  }
  const server = new OAuth2Server({ model, accessTokenLifetime })

  const httpServer = await startHttpServer((incoming, outgoing) => {
    void handleTokenRequest(server, incoming).then(({ status, headers, body }) => {
      outgoing.writeHead(status, { 'Content-Type': 'application/json', ...headers })
      outgoing.end(JSON.stringify(body))
    })
  })
  const resource = await startResourceServer(async (token) => {
    const expiresAt = accessTokens.get(token)?.accessTokenExpiresAt
    return expiresAt !== undefined && expiresAt > new Date()
  })
  return {
    name: '@node-oauth/oauth2-server',
    tokenUrl: `${httpServer.url}/token`,
    discoveryUrl: null,
    issuer: null,
    revokeUrl: null,
    userinfoUrl: null,
    resourceUrl: resource.url,
    clientId: testClient.clientId,
    clientSecret,
    clientAuth: ['basic', 'post'],
    ...testUser,
    scope: 'read',
    rotation: 'one-use',
    accessTokenLifetime,
    endSessions: async () => refreshTokens.clear(),
    stop: async () => {
      await Promise.all([httpServer.close(), resource.close()])
    },
  }
}

/** Handles a request to the token endpoint. The package itself does no HTTP. */
async function handleTokenRequest(
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
    // The package writes an error to the response, except for an invalid request.
    if (!(error instanceof OAuth2Server.OAuthError)) throw error
    response.status = error.code
    response.body = { error: error.name, error_description: error.message }
  }
  return { status: response.status ?? 200, headers: response.headers ?? {}, body: response.body as unknown }
}
