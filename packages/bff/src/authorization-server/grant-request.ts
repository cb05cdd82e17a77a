import type { Provider } from '../description/provider-description.ts'
import { grantNamed } from '../description/provider-description.ts'
import { filled, placeholdersOf } from '../template.ts'
import type { TokenRequest } from './token-request.ts'

/** What was typed, by the names of the fields. */
export type Typed = Record<string, string>

/** What a grant is wanted with. */
export interface Wanted {
  typed?: Typed
  /** Which of the typed fields go along. */
  names?: string[]
  scope?: string[]
  /** Further parameters, which nobody types: a refresh token, what a challenge carried. */
  more?: Record<string, string>
}

/** The request for a token that the description makes of it; a field goes under its own name unless a template uses it. */
export function tokenRequestFrom(
  provider: Provider,
  name: string,
  { typed = {}, names = [], scope = [], more = {} }: Wanted,
): TokenRequest {
  const { login } = provider
  const grant = grantNamed(provider, name)
  const own: Typed = {}
  for (const field of names) if (Object.hasOwn(typed, field)) own[field] = typed[field] ?? ''
  const { client_id: id = '', client_secret: secret = '', password = '' } = own
  const byBasic = grant.clientAuth === 'user-basic'
  const used = [
    ...Object.values(grant.params).flatMap(placeholdersOf),
    ...(login.asClient ? ['client_id', 'client_secret'] : []),
    ...(byBasic ? [login.username, 'password'] : []),
  ]
  const parameters: Record<string, string> = {}
  for (const [param, template] of Object.entries(grant.params)) parameters[param] = filled(template, own)
  for (const [field, text] of Object.entries(own)) if (!used.includes(field)) parameters[field] = text
  Object.assign(parameters, more)
  if (grant.bare) return { grant, client: undefined, parameters }
  return {
    grant,
    client: login.asClient ? { id, secret } : provider.client,
    parameters: { grant_type: grant.grantType ?? name, ...parameters, scope: scope.join(' ') },
    ...(byBasic && { person: { username: own[login.username] ?? '', password } }),
  }
}
