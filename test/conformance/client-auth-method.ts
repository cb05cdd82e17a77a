import type { ProviderDescription } from '@latchkey/bff'
import type { OAuth2Options } from '@latchkey/bff/providers'
import { oauth2 } from '@latchkey/bff/providers'
import { createBffClient } from '../support/bff-client.ts'
import type { Server } from './server.ts'
import { isSupported } from './server.ts'

/** How the client authenticates at the token endpoint. Every check runs once for each method. */
export interface ClientAuthMethod {
  /** Stands in the rows. */
  readonly name: string
  readonly options: Pick<OAuth2Options, 'clientAuth' | 'basicEncoding'>
}

const post: ClientAuthMethod = { name: 'post', options: { clientAuth: 'post' } }
const basic: ClientAuthMethod = { name: 'basic', options: { clientAuth: 'basic', basicEncoding: 'form' } }
const unencodedBasic: ClientAuthMethod = {
  name: 'basic (raw)',
  options: { clientAuth: 'basic', basicEncoding: 'raw' },
}
const none: ClientAuthMethod = { name: 'none', options: { clientAuth: 'none' } }

/**
 * Lists the methods that a server's file names. Where the encoding of Basic matters, a sign-in finds out which one
 * the server accepts: servers differ, and the file does not say.
 */
export async function listClientAuthMethods(server: Server): Promise<ClientAuthMethod[]> {
  if (server.clientSecret === '') return [none]
  const methods = { post: async () => post, none: async () => none, basic: () => detectBasicMethod(server) }
  return Promise.all(server.clientAuth.filter(isSupported).map((name) => methods[name]()))
}

/** Returns the server as the method uses it: without a secret if none is sent. */
export function withClientAuthMethod(server: Server, { options }: ClientAuthMethod): Server {
  return options.clientAuth === 'none' ? { ...server, clientSecret: '' } : server
}

async function detectBasicMethod(server: Server): Promise<ClientAuthMethod> {
  const pair = `${server.clientId}${server.clientSecret}`
  const encoded = new URLSearchParams({ _: pair }).toString().slice(2)
  return encoded === pair || (await canSignIn(server, basic)) || !(await canSignIn(server, unencodedBasic))
    ? basic
    : unencodedBasic
}

async function canSignIn(server: Server, clientAuthMethod: ClientAuthMethod): Promise<boolean> {
  const bffClient = createBffClient(createProvider(server, clientAuthMethod))
  const { username, password } = server
  const response = await bffClient.send('POST', '/session', { credentials: { username, password } })
  await bffClient.close()
  return response.ok
}

/** Describes a server by options only, without hooks. `change` replaces options. */
export function createProvider(
  server: Server,
  clientAuthMethod: ClientAuthMethod,
  change: Partial<OAuth2Options> = {},
): ProviderDescription {
  const { tokenUrl, discoveryUrl, revokeUrl, clientId, clientSecret, accessTokenLifetime } =
    withClientAuthMethod(server, clientAuthMethod)
  const endpoint = tokenUrl === null ? { issuer: String(discoveryUrl) } : { tokenEndpoint: tokenUrl }
  return oauth2({
    ...endpoint,
    clientId,
    ...(clientSecret !== '' && { clientSecret }),
    ...clientAuthMethod.options,
    defaultTokenType: 'Bearer',
    scope: listRequestedScope(server),
    ...(revokeUrl !== null && { revocationEndpoint: revokeUrl }),
    ...(accessTokenLifetime !== null && { defaultLifetime: accessTokenLifetime }),
    ...change,
  } as OAuth2Options)
}

/** Lists the scope values that a sign-in requests. */
export function listRequestedScope({ scope }: Server): string[] {
  return scope.split(/\s+/).filter(Boolean)
}
