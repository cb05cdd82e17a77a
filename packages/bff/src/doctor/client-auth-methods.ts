import { createClientAuthentication } from '../authorization-server/client-authentication.ts'
import type { Grant, Provider } from '../description/provider-description.ts'
import { getGrant } from '../description/provider-description.ts'

/** One way in which a client shows who it is. */
export type ClientAuthMethod = Pick<Grant, 'clientAuth' | 'basicEncoding'>

/**
 * Every way that the grant may use, the configured one first; two that send the same are one. None where a client is
 * shown by no request, or typed by a person.
 */
export function listClientAuthMethods(provider: Provider, name: string): ClientAuthMethod[] {
  const { client, login } = provider
  const grant = getGrant(provider, name)
  const { clientAuth, basicEncoding, encoding } = grant
  if (login.userIsClient || clientAuth === 'user-basic' || encoding === 'none') return []
  const others: ClientAuthMethod[] =
    client?.secret === undefined || encoding === 'query'
      ? []
      : [
          { clientAuth: 'basic', basicEncoding: 'form' },
          { clientAuth: 'basic', basicEncoding: 'raw' },
          { clientAuth: 'post', basicEncoding },
        ]
  const sent = new Map<string, ClientAuthMethod>()
  for (const authMethod of [{ clientAuth, basicEncoding }, ...others]) {
    const shown = JSON.stringify(createClientAuthentication(authMethod, client))
    if (!sent.has(shown)) sent.set(shown, authMethod)
  }
  return [...sent.values()]
}

/** The provider whose client is shown in this way, with another secret where one is given. */
export function withClientAuth(provider: Provider, authMethod: ClientAuthMethod, secret?: string): Provider {
  const grants = Object.entries(provider.grants).map(([name, grant]): [string, Grant] => [
    name,
    ['basic', 'post', 'query'].includes(grant.clientAuth) ? { ...grant, ...authMethod } : grant,
  ])
  const client = provider.client && { ...provider.client, ...(secret !== undefined && { secret }) }
  return { ...provider, client, grants: Object.fromEntries(grants) }
}

/** What a way is called. */
export function formatClientAuthMethod({ clientAuth, basicEncoding }: ClientAuthMethod): string {
  switch (clientAuth) {
    case 'basic':
      return basicEncoding === 'form' ? 'Basic (form-encoded)' : 'Basic (raw)'
    case 'post':
      return 'the body'
    case 'query':
      return 'the query'
    case 'user-basic':
    case 'none':
      return 'no secret'
  }
}
