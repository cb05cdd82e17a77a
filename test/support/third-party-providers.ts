import type { ProviderDescription } from '@latchkey/bff'
import type { OAuth2Options } from '@latchkey/bff/providers'
import { oauth2 } from '@latchkey/bff/providers'
import type { ThirdPartyServer } from '../third-party-servers/third-party-server.ts'

/** The options that each server needs, except the client credentials. */
const optionsByName: Record<string, (server: ThirdPartyServer) => OAuth2Options> = {
  'oidc-provider': ({ issuer }) => ({ issuer: String(issuer), scope: ['openid', 'offline_access'] }),
  '@node-oauth/oauth2-server': ({ tokenUrl }) => ({ tokenEndpoint: tokenUrl, scope: ['read'] }),
  // Glewlwyd rejects a refresh with an empty 400, which does not say that the refresh token is invalid.
  Glewlwyd: ({ issuer }) => ({
    issuer: String(issuer),
    scope: ['read'],
    errors: [{ status: 400, during: 'refresh', outcome: 'session_ended' }],
  }),
}

/** Describes a third-party server by options only, without hooks. `change` adapts the options. */
export function createThirdPartyProvider(
  server: ThirdPartyServer,
  change: (options: OAuth2Options) => OAuth2Options = (options) => options,
): ProviderDescription {
  const createOptions = optionsByName[server.name]
  if (!createOptions) throw new Error(`Add the options of ${server.name} to third-party-providers.ts`)
  const { clientId, clientSecret } = server
  return oauth2({ ...change(createOptions(server)), clientId, clientSecret })
}
