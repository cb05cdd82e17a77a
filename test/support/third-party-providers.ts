import type { ProviderDescription } from '@latchkey/bff'
import type { OAuth2Options } from '@latchkey/bff/providers'
import { oauth2 } from '@latchkey/bff/providers'
import type { ThirdPartyServer } from '../third-party-servers/third-party-server.ts'

/** All that an application has to say of each server, beside who it is there. */
const configurations: Record<string, (peer: ThirdPartyServer) => OAuth2Options> = {
  'oidc-provider': ({ issuer }) => ({ issuer: String(issuer), scope: ['openid', 'offline_access'] }),
  '@node-oauth/oauth2-server': ({ tokenUrl }) => ({ tokenEndpoint: tokenUrl, scope: ['read'] }),
  // It refuses a refresh with an empty 400, which says nothing by itself.
  Glewlwyd: ({ issuer }) => ({
    issuer: String(issuer),
    scope: ['read'],
    errors: [{ status: 400, during: 'refresh', outcome: 'session_ended' }],
  }),
}

/** The provider for a server that is not ours, through configuration alone, which a test may change. */
export function providerOf(
  peer: ThirdPartyServer,
  change: (options: OAuth2Options) => OAuth2Options = (options) => options,
): ProviderDescription {
  const configurationOf = configurations[peer.name]
  if (!configurationOf) throw new Error(`There is no configuration for ${peer.name}`)
  const { clientId, clientSecret } = peer
  return oauth2({ ...change(configurationOf(peer)), clientId, clientSecret })
}
