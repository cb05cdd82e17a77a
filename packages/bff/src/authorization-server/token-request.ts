import { basic, clientAuthentication } from './client-authentication.ts'
import { BffError } from '../errors.ts'
import type { Hooks, PreparedRequest } from './hooks.ts'
import type { Client, Grant, Provider } from '../description/provider-description.ts'
import { grantNamed } from '../description/provider-description.ts'
import type { Upstream, UpstreamAnswer, UpstreamFailure } from './http-client.ts'
import { filled, placeholdersOf } from '../template.ts'

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

/** One request for a token. */
export interface TokenRequest {
  grant: Grant
  client: Client | undefined
  /** Of the grant; empty ones are not sent (RFC 6749 §3.2). */
  parameters: Record<string, string>
  /** What the person typed, where the person is shown to the server by Basic. */
  person?: { username: string; password: string } | undefined
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

/**
 * Asks an endpoint of the authorization server with the client's authentication. Where everything goes into the query,
 * the URL with the secrets in it is built here, last, and nothing of it is returned, kept or thrown.
 */
export async function sendTokenRequest(
  upstream: Upstream,
  endpoint: string,
  request: TokenRequest,
  hooks: Hooks,
): Promise<UpstreamAnswer | UpstreamFailure> {
  const prepared = preparedFrom(endpoint, request)
  const { url, method, headers, body } = hooks.prepare ? await changed(hooks.prepare, prepared) : prepared
  const answer = await upstream.send(url, { method, headers, ...(body !== null && { body }) })
  return hooks.read && !('why' in answer) ? read(hooks.read, answer) : answer
}

function preparedFrom(
  endpoint: string,
  { grant, client, parameters, person }: TokenRequest,
): PreparedRequest {
  const shown = clientAuthentication(grant, client)
  const pairs = Object.entries({ ...parameters, ...shown.parameters }).filter(([, value]) => value !== '')
  const { method, encoding } = grant
  const headers = {
    Accept: 'application/json',
    ...grant.headers,
    ...shown.headers,
    ...(person && { Authorization: basic(person.username, person.password) }),
  }
  switch (encoding) {
    case 'none':
      return { url: endpoint, method, headers, body: null }
    case 'query': {
      const url = new URL(endpoint)
      for (const [name, value] of pairs) url.searchParams.append(name, value)
      return { url: url.href, method, headers, body: null }
    }
    case 'form':
    case 'json': {
      const type = encoding === 'form' ? 'application/x-www-form-urlencoded' : 'application/json'
      const body =
        encoding === 'form'
          ? new URLSearchParams(pairs).toString()
          : JSON.stringify(Object.fromEntries(pairs))
      return { url: endpoint, method, headers: { ...headers, 'Content-Type': type }, body }
    }
  }
}

async function changed(
  prepare: NonNullable<Hooks['prepare']>,
  request: PreparedRequest,
): Promise<PreparedRequest> {
  try {
    return await prepare(request)
  } catch {
    throw thrownBy('prepare')
  }
}

function read(hook: NonNullable<Hooks['read']>, answer: UpstreamAnswer): UpstreamAnswer {
  try {
    return { ...answer, ...hook(answer) }
  } catch {
    throw thrownBy('read')
  }
}

function thrownBy(name: string): BffError {
  return new BffError('server_error', 'The request could not be made', { hint: `the hook ${name} threw` })
}
