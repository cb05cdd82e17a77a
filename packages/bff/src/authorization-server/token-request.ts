import { formatBasicAuth, createClientAuthentication } from './client-authentication.ts'
import { BffError } from '../errors.ts'
import type { Hooks, PreparedRequest } from './hooks.ts'
import type { Client, Grant, Provider } from '../description/provider-description.ts'
import { getGrant } from '../description/provider-description.ts'
import type { HttpClient, HttpResponse, UpstreamFailure } from './http-client.ts'
import { fillTemplate, listPlaceholders } from '../template.ts'

/** What the user entered, by the names of the fields. */
export type Credentials = Record<string, string>

/** What a request for one grant contains besides the description. */
export interface GrantInput {
  credentials?: Credentials
  /** The fields of `credentials` that are sent. */
  fieldNames?: string[]
  scope?: string[]
  /** Parameters that the user does not enter, such as a refresh token or the continuation of a challenge. */
  extraParams?: Record<string, string>
}

/** One request to the token endpoint, before it is encoded. */
export interface TokenEndpointRequest {
  grant: Grant
  client: Client | undefined
  /** The parameters of the grant; empty ones are not sent (RFC 6749 §3.2). */
  parameters: Record<string, string>
  /** The user's credentials, when the server takes them by Basic. */
  basicUser?: { username: string; password: string } | undefined
}

/**
 * Creates the request for a grant. A field is sent under its own name unless a template uses it.
 *
 * @param client the provider's, with its secret as text
 */
export function createTokenEndpointRequest(
  provider: Provider,
  name: string,
  { credentials = {}, fieldNames = [], scope = [], extraParams = {} }: GrantInput,
  client: Client | undefined,
): TokenEndpointRequest {
  const { login } = provider
  const grant = getGrant(provider, name)
  const values: Credentials = {}
  for (const field of fieldNames)
    if (Object.hasOwn(credentials, field)) values[field] = credentials[field] ?? ''
  const { client_id: id = '', client_secret: secret = '', password = '' } = values
  const usesUserBasic = grant.clientAuth === 'user-basic'
  const usedFields = [
    ...Object.values(grant.params).flatMap(listPlaceholders),
    ...(login.userIsClient ? ['client_id', 'client_secret'] : []),
    ...(usesUserBasic ? [login.username, 'password'] : []),
  ]
  const parameters: Record<string, string> = {}
  for (const [param, template] of Object.entries(grant.params))
    parameters[param] = fillTemplate(template, values)
  for (const [field, value] of Object.entries(values))
    if (!usedFields.includes(field)) parameters[field] = value
  Object.assign(parameters, extraParams)
  if (grant.omitStandardParams) return { grant, client: undefined, parameters }
  return {
    grant,
    client: login.userIsClient ? { id, secret } : client,
    parameters: { grant_type: grant.grantType ?? name, ...parameters, scope: scope.join(' ') },
    ...(usesUserBasic && { basicUser: { username: values[login.username] ?? '', password } }),
  }
}

/**
 * Sends a request with the client's authentication. With `encoding: 'query'` the URL contains secrets: it is built last
 * and never returned, stored or thrown.
 *
 * @throws BffError `server_error` when a hook throws
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
  const authentication = createClientAuthentication(grant, client)
  const pairs = Object.entries({ ...parameters, ...authentication.parameters }).filter(
    ([, value]) => value !== '',
  )
  const { method, encoding } = grant
  const headers = {
    Accept: 'application/json',
    ...grant.headers,
    ...authentication.headers,
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
  hook: NonNullable<Hooks['transformRequest']>,
  request: PreparedRequest,
): Promise<PreparedRequest> {
  try {
    return await hook(request)
  } catch {
    throw createHookError('transformRequest')
  }
}

function runTransformResponse(
  hook: NonNullable<Hooks['transformResponse']>,
  response: HttpResponse,
): HttpResponse {
  try {
    return { ...response, ...hook(response) }
  } catch {
    throw createHookError('transformResponse')
  }
}

function createHookError(name: keyof Hooks): BffError {
  return new BffError('server_error', 'A hook of this server failed', {
    hint: `the hook ${name} threw an error`,
  })
}
