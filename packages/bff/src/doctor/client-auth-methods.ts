import { createClientAuthentication } from '../authorization-server/client-authentication.ts'
import type { Grant, Provider } from '../description/provider-description.ts'
import { getGrant } from '../description/provider-description.ts'

/** How a client authenticates at the token endpoint (OpenID Connect: `token_endpoint_auth_method`). */
export type ClientAuthMethod = Pick<Grant, 'clientAuth' | 'basicEncoding'>

/**
 * Returns the methods that a grant can use, the configured one first. Methods that send the same request are listed once.
 * Empty when the grant sends no client credentials, or when the user is the client.
 *
 * @param grantName a name in `grants`
 */
export function listClientAuthMethods(provider: Provider, grantName: string): ClientAuthMethod[] {
  const { client, login } = provider
  const { clientAuth, basicEncoding, encoding } = getGrant(provider, grantName)
  if (login.userIsClient || clientAuth === 'user-basic' || encoding === 'none') return []
  const alternatives: ClientAuthMethod[] =
    client?.secret === undefined || encoding === 'query'
      ? []
      : [
          { clientAuth: 'basic', basicEncoding: 'form' },
          { clientAuth: 'basic', basicEncoding: 'raw' },
          { clientAuth: 'post', basicEncoding },
        ]
  const methodByRequest = new Map<string, ClientAuthMethod>()
  for (const authMethod of [{ clientAuth, basicEncoding }, ...alternatives]) {
    const request = JSON.stringify(createClientAuthentication(authMethod, client))
    if (!methodByRequest.has(request)) methodByRequest.set(request, authMethod)
  }
  return [...methodByRequest.values()]
}

/** Returns a copy of the provider that authenticates its client with this method, and with this secret if given. */
export function withClientAuth(provider: Provider, authMethod: ClientAuthMethod, secret?: string): Provider {
  // A client with a secret may have been configured to send none.
  const replaced = ['basic', 'post', 'query', ...(provider.client?.secret === undefined ? [] : ['none'])]
  const grants = Object.entries(provider.grants).map(([name, grant]): [string, Grant] => [
    name,
    replaced.includes(grant.clientAuth) ? { ...grant, ...authMethod } : grant,
  ])
  const client = provider.client && { ...provider.client, ...(secret !== undefined && { secret }) }
  return { ...provider, client, grants: Object.fromEntries(grants) }
}

/** Formats a method for the report, for example `basic (raw)`. */
export function formatClientAuthMethod({ clientAuth, basicEncoding }: ClientAuthMethod): string {
  switch (clientAuth) {
    case 'basic':
      return basicEncoding === 'form' ? 'basic (form-encoded)' : 'basic (raw)'
    case 'post':
    case 'query':
    case 'user-basic':
    case 'none':
      return clientAuth
  }
}
