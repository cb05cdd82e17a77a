import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { errors, Provider } from 'oidc-provider'
import type { ThirdPartyServer, ThirdPartyServerOptions } from './third-party-server.ts'
import {
  testClient,
  isTokenActive,
  startHttpServer,
  startResourceServer,
  testUser,
} from './third-party-server.ts'

/**
 * Starts `oidc-provider` (Node.js) with the password grant as a custom grant type. Refresh tokens work once; reuse
 * revokes the whole grant.
 */
export async function startOidcProvider(options: ThirdPartyServerOptions = {}): Promise<ThirdPartyServer> {
  const { accessTokenLifetime = 60, clientSecret = testClient.clientSecret } = options
  const scope = 'openid offline_access'
  const httpServer = await startHttpServer()
  const issuer = httpServer.url
  const storage = new Map<string, Payload>()
  const provider = new Provider(issuer, {
    adapter: (model: string) => createAdapter(model, storage),
    clients: [
      {
        client_id: testClient.clientId,
        client_secret: clientSecret,
        grant_types: ['password', 'client_credentials', 'refresh_token'],
        response_types: [],
        redirect_uris: [],
      },
    ],
    cookies: { keys: [randomUUID()] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true, allowedPolicy: () => true },
    },
    findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
    jwks: {
      keys: [generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })],
    },
    rotateRefreshToken: true,
    ttl: {
      AccessToken: accessTokenLifetime,
      ClientCredentials: accessTokenLifetime,
      Grant: 3600,
      IdToken: 3600,
      RefreshToken: 3600,
    },
  })
  provider.registerGrantType(
    'password',
    async (context) => {
      const { username, password, scope: requestedScope = scope } = context.oidc.params
      if (username !== testUser.username || password !== testUser.password) {
        throw new errors.InvalidGrant('wrong username or password')
      }
      const grant = new provider.Grant({ accountId: username, clientId: testClient.clientId })
      grant.addOIDCScope(requestedScope)
      const grantId = await grant.save()
      const payload = {
        accountId: username,
        client: context.oidc.client,
        grantId,
        gty: 'password',
        scope: requestedScope,
      }
      const accessToken = new provider.AccessToken(payload)
      context.body = {
        access_token: await accessToken.save(),
        expires_in: accessToken.expiration,
        refresh_token: await new provider.RefreshToken(payload).save(),
        scope: accessToken.scope,
        token_type: 'Bearer',
      }
    },
    ['username', 'password', 'scope'],
  )
  httpServer.server.on('request', provider.callback())

  const resource = await startResourceServer((token) =>
    isTokenActive(`${issuer}/token/introspection`, clientSecret, token),
  )
  return {
    name: 'oidc-provider',
    tokenUrl: `${issuer}/token`,
    discoveryUrl: `${issuer}/.well-known/openid-configuration`,
    issuer,
    revokeUrl: `${issuer}/token/revocation`,
    userinfoUrl: `${issuer}/me`,
    resourceUrl: resource.url,
    clientId: testClient.clientId,
    clientSecret,
    clientAuth: ['basic', 'post'],
    ...testUser,
    scope,
    rotation: 'one-use',
    accessTokenLifetime,
    endSessions: async () => storage.clear(),
    stop: async () => {
      await Promise.all([httpServer.close(), resource.close()])
    },
  }
}

/** The stored form of a token or a grant. */
type Payload = Record<string, unknown> & { grantId?: string; consumed?: number }

/** Creates the storage adapter of one model, with the methods that these grants use. */
function createAdapter(
  model: string,
  storage: Map<string, Payload>,
): Record<string, (...args: never[]) => Promise<unknown>> {
  return {
    upsert: async (id: string, payload: Payload) => void storage.set(`${model}:${id}`, payload),
    find: async (id: string) => storage.get(`${model}:${id}`),
    consume: async (id: string) => void Object.assign(storage.get(`${model}:${id}`) ?? {}, { consumed: 1 }),
    destroy: async (id: string) => void storage.delete(`${model}:${id}`),
    revokeByGrantId: async (grantId: string) => {
      for (const [key, payload] of storage) if (payload.grantId === grantId) storage.delete(key)
    },
  }
}
