import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { errors, Provider } from 'oidc-provider'
import type { ThirdPartyServer, PeerOptions } from './third-party-server.ts'
import { client, isActive, listen, startResource, user } from './third-party-server.ts'

/**
 * `oidc-provider` (Node.js), with the password grant as a custom grant type, which its documentation leaves
 * to the user. Refresh tokens work once; one that comes back revokes the whole grant.
 */
export async function startOidcProvider(options: PeerOptions = {}): Promise<ThirdPartyServer> {
  const { accessTokenLifetime = 60, clientSecret = client.clientSecret } = options
  const scope = 'openid offline_access'
  const listening = await listen()
  const issuer = listening.url
  const stored = new Map<string, Payload>()
  const provider = new Provider(issuer, {
    adapter: (model: string) => adapter(model, stored),
    clients: [
      {
        client_id: client.clientId,
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
      const { username, password, scope: asked = scope } = context.oidc.params
      if (username !== user.username || password !== user.password) {
        throw new errors.InvalidGrant('wrong username or password')
      }
      const grant = new provider.Grant({ accountId: username, clientId: client.clientId })
      grant.addOIDCScope(asked)
      const grantId = await grant.save()
      const payload = {
        accountId: username,
        client: context.oidc.client,
        grantId,
        gty: 'password',
        scope: asked,
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
  listening.server.on('request', provider.callback())

  const resource = await startResource((token) =>
    isActive(`${issuer}/token/introspection`, clientSecret, token),
  )
  return {
    name: 'oidc-provider',
    tokenUrl: `${issuer}/token`,
    discoveryUrl: `${issuer}/.well-known/openid-configuration`,
    issuer,
    revokeUrl: `${issuer}/token/revocation`,
    userinfoUrl: `${issuer}/me`,
    resourceUrl: resource.url,
    clientId: client.clientId,
    clientSecret,
    clientAuth: ['basic', 'post'],
    ...user,
    scope,
    rotation: 'one-use',
    accessTokenLifetime,
    endSessions: async () => stored.clear(),
    stop: async () => {
      await Promise.all([listening.close(), resource.close()])
    },
  }
}

/** What the server stores of a token or a grant. */
type Payload = Record<string, unknown> & { grantId?: string; consumed?: number }

/** Storage in a Map, with the methods of the documented adapter that these grants use. */
function adapter(
  model: string,
  stored: Map<string, Payload>,
): Record<string, (...args: never[]) => Promise<unknown>> {
  return {
    upsert: async (id: string, payload: Payload) => void stored.set(`${model}:${id}`, payload),
    find: async (id: string) => stored.get(`${model}:${id}`),
    consume: async (id: string) => void Object.assign(stored.get(`${model}:${id}`) ?? {}, { consumed: 1 }),
    destroy: async (id: string) => void stored.delete(`${model}:${id}`),
    revokeByGrantId: async (grantId: string) => {
      for (const [key, payload] of stored) if (payload.grantId === grantId) stored.delete(key)
    },
  }
}
