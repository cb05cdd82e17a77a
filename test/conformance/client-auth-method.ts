import type { ProviderDescription } from '@latchkey/bff'
import type { OAuth2Options } from '@latchkey/bff/providers'
import { oauth2 } from '@latchkey/bff/providers'
import { createBffClient } from '../support/bff-client.ts'
import type { Server } from './server.ts'

/** One way in which the client shows who it is; every check is run for each. */
export interface ClientAuthMethod {
  /** For the rows. */
  readonly name: string
  readonly options: Pick<OAuth2Options, 'clientAuth' | 'basicEncoding'>
}

const post: ClientAuthMethod = { name: 'post', options: { clientAuth: 'post' } }
const basic: ClientAuthMethod = { name: 'basic', options: { clientAuth: 'basic', basicEncoding: 'form' } }
const rawBasic: ClientAuthMethod = {
  name: 'basic, as it is',
  options: { clientAuth: 'basic', basicEncoding: 'raw' },
}
const none: ClientAuthMethod = { name: 'no secret', options: { clientAuth: 'none' } }

/**
 * The ways that a server says it knows. Where it matters whether Basic encodes id and secret, it is tried:
 * servers differ, and their files do not say.
 */
export async function listClientAuthMethods(server: Server): Promise<ClientAuthMethod[]> {
  if (server.clientSecret === '') return [none]
  return Promise.all(server.clientAuth.map(async (word) => (word === 'post' ? post : basicOf(server))))
}

async function basicOf(server: Server): Promise<ClientAuthMethod> {
  const pair = `${server.clientId}${server.clientSecret}`
  const encoded = new URLSearchParams({ _: pair }).toString().slice(2)
  return encoded === pair || (await signsIn(server, basic)) || !(await signsIn(server, rawBasic))
    ? basic
    : rawBasic
}

async function signsIn(server: Server, way: ClientAuthMethod): Promise<boolean> {
  const visit = createBffClient(providerFor(server, way))
  const { username, password } = server
  const answer = await visit.send('POST', '/session', { credentials: { username, password } })
  await visit.close()
  return answer.ok
}

/** The provider for a server, through configuration alone, which a check may change. */
export function providerFor(
  server: Server,
  way: ClientAuthMethod,
  change: Partial<OAuth2Options> = {},
): ProviderDescription {
  const { tokenUrl, discoveryUrl, revokeUrl, clientId, clientSecret, accessTokenLifetime } = server
  const place = tokenUrl === null ? { issuer: String(discoveryUrl) } : { tokenEndpoint: tokenUrl }
  return oauth2({
    ...place,
    clientId,
    ...(clientSecret !== '' && { clientSecret }),
    ...way.options,
    defaultTokenType: 'Bearer',
    scope: scopeOf(server),
    ...(revokeUrl !== null && { revocationEndpoint: revokeUrl }),
    ...(accessTokenLifetime !== null && { defaultLifetime: accessTokenLifetime }),
    ...change,
  } as OAuth2Options)
}

/** What a sign-in asks for. */
export function scopeOf({ scope }: Server): string[] {
  return scope.split(/\s+/).filter(Boolean)
}
