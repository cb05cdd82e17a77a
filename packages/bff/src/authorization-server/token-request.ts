import { formatBasicAuth, createClientAuthentication } from './client-authentication.ts'
import { BffError } from '../errors.ts'
import type { Hooks, PreparedRequest } from './hooks.ts'
import type { Client, Grant, Provider } from '../description/provider-description.ts'
import { getGrant } from '../description/provider-description.ts'
import type { HttpClient, HttpResponse, UpstreamFailure } from './http-client.ts'
import { fillTemplate, listPlaceholders } from '../template.ts'

/** What was typed, by the names of the fields. */
export type Credentials = Record<string, string>

/** What a grant is wanted with. */
export interface GrantInput {
  credentials?: Credentials
  /** Which of the typed fields go along. */
  fieldNames?: string[]
  scope?: string[]
  /** Further parameters, which nobody types: a refresh token, what a challenge carried. */
  extraParams?: Record<string, string>
}

/** One request for a token. */
export interface TokenEndpointRequest {
  grant: Grant
  client: Client | undefined
  /** Of the grant; empty ones are not sent (RFC 6749 §3.2). */
  parameters: Record<string, string>
  /** What the person typed, where the person is shown to the server by Basic. */
  basicUser?: { username: string; password: string } | undefined
}

/** The request for a token that the description makes of it; a field goes under its own name unless a template uses it. */
export function createTokenEndpointRequest(
  provider: Provider,
  name: string,
  { credentials = {}, fieldNames = [], scope = [], extraParams = {} }: GrantInput,
): TokenEndpointRequest {
  const { login } = provider
  const grant = getGrant(provider, name)
  const own: Credentials = {}
  for (const field of fieldNames) if (Object.hasOwn(credentials, field)) own[field] = credentials[field] ?? ''
  const { client_id: id = '', client_secret: secret = '', password = '' } = own
  const byBasic = grant.clientAuth === 'user-basic'
  const used = [
    ...Object.values(grant.params).flatMap(listPlaceholders),
    ...(login.userIsClient ? ['client_id', 'client_secret'] : []),
    ...(byBasic ? [login.username, 'password'] : []),
  ]
  const parameters: Record<string, string> = {}
  for (const [param, template] of Object.entries(grant.params))
    parameters[param] = fillTemplate(template, own)
  for (const [field, text] of Object.entries(own)) if (!used.includes(field)) parameters[field] = text
  Object.assign(parameters, extraParams)
  if (grant.omitStandardParams) return { grant, client: undefined, parameters }
  return {
    grant,
    client: login.userIsClient ? { id, secret } : provider.client,
    parameters: { grant_type: grant.grantType ?? name, ...parameters, scope: scope.join(' ') },
    ...(byBasic && { basicUser: { username: own[login.username] ?? '', password } }),
  }
}

/**
 * Asks an endpoint of the authorization server with the client's authentication. Where everything goes into the query,
 * the URL with the secrets in it is built here, last, and nothing of it is returned, kept or thrown.
 */
export async function sendTokenRequest(
  httpClient: HttpClient,
  endpoint: string,
  request: TokenEndpointRequest,
  hooks: Hooks,
): Promise<HttpResponse | UpstreamFailure> {
  const prepared = createHttpRequest(endpoint, request)
  const { url, method, headers, body } = hooks.transformRequest
    ? await runTransformRequest(hooks.transformRequest, prepared)
    : prepared
  const response = await httpClient.send(url, { method, headers, ...(body !== null && { body }) })
  return hooks.transformResponse && !('hint' in response)
    ? runTransformResponse(hooks.transformResponse, response)
    : response
}

function createHttpRequest(
  endpoint: string,
  { grant, client, parameters, basicUser }: TokenEndpointRequest,
): PreparedRequest {
  const shown = createClientAuthentication(grant, client)
  const pairs = Object.entries({ ...parameters, ...shown.parameters }).filter(([, value]) => value !== '')
  const { method, encoding } = grant
  const headers = {
    Accept: 'application/json',
    ...grant.headers,
    ...shown.headers,
    ...(basicUser && { Authorization: formatBasicAuth(basicUser.username, basicUser.password) }),
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

async function runTransformRequest(
  prepare: NonNullable<Hooks['transformRequest']>,
  request: PreparedRequest,
): Promise<PreparedRequest> {
  try {
    return await prepare(request)
  } catch {
    throw createHookError('prepare')
  }
}

function runTransformResponse(
  hook: NonNullable<Hooks['transformResponse']>,
  response: HttpResponse,
): HttpResponse {
  try {
    return { ...response, ...hook(response) }
  } catch {
    throw createHookError('read')
  }
}

function createHookError(name: string): BffError {
  return new BffError('server_error', 'The request could not be made', { hint: `the hook ${name} threw` })
}
