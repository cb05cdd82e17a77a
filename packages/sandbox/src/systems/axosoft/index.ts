/**
 * Axosoft: the password grant is a GET with all parameters in the query. The response has no `expires_in` and no
 * refresh token, and contains the user in `data`.
 *
 * @see "Username/Password Grant Type" and "Accessing Axosoft Data" on Axosoft's developer site
 * @module
 */
import type { OAuthError } from '../../responses.ts'
import { createJsonResponse, createOAuthError } from '../../responses.ts'
import type { TokenAccess, IssuedTokens } from '../../token-issuer.ts'
import { createTokenIssuer } from '../../token-issuer.ts'
import type { ResolvedUser } from '../../users.ts'
import type { SystemRequest, SandboxContext, Endpoint, System } from '../../system.ts'
import { findUser } from '../../system.ts'
import { workItems } from './items.ts'

/** Options for what Axosoft's documentation leaves open. */
export interface AxosoftOptions {
  /** The lifetime of access tokens in seconds, which no response contains. Defaults to 30 days. */
  readonly accessTokenLifetime?: number
  /** The methods of the token endpoint. Defaults to both: only GET is documented, but hosted accounts accepted POST. */
  readonly tokenMethods?: readonly ('GET' | 'POST')[]
  /** Changes the body of a successful token response, for undocumented shapes. */
  readonly transformBody?: (body: Record<string, unknown>) => unknown
}

const thirtyDays = 30 * 24 * 60 * 60
const invalidCredentials = createOAuthError('invalid_grant', 'Invalid username or password')

export function axosoft(context: SandboxContext, options: AxosoftOptions = {}): System {
  const tokenIssuer = createTokenIssuer(context.now, context.randomId)

  function handleTokenRequest(request: SystemRequest): Response {
    const fields = request.raw.method === 'POST' ? request.form : request.url.searchParams
    const result = signIn(fields)
    return 'error' in result
      ? createJsonResponse(400, result)
      : createJsonResponse(200, createTokenBody(result))
  }

  function signIn(fields: URLSearchParams): IssuedTokens | OAuthError {
    if (!fields.get('grant_type')) return createOAuthError('invalid_request', 'grant_type is required')
    if (fields.get('grant_type') !== 'password')
      return createOAuthError('unsupported_grant_type', 'Unsupported grant_type')
    const { clientId, clientSecret } = context.client
    if (fields.get('client_id') !== clientId || fields.get('client_secret') !== clientSecret) {
      return createOAuthError('invalid_client', 'Invalid client_id or client_secret')
    }
    const scope = (fields.get('scope') || 'read').split(' ')
    if (!scope.every((value) => value === 'read' || value === 'write')) {
      return createOAuthError('invalid_scope', 'Valid scopes are read and write')
    }
    const user = findUser(context, fields)
    if (!user) return invalidCredentials
    const accessTokenLifetime = options.accessTokenLifetime ?? thirtyDays
    return tokenIssuer.issue(
      { user, scope },
      { accessTokenLifetime, rotation: 'kept', withRefreshToken: false },
    )
  }

  function createTokenBody({ accessToken, user }: IssuedTokens): unknown {
    const body = { access_token: accessToken, token_type: 'bearer', data: createProfile(user) }
    return options.transformBody ? options.transformBody(body) : body
  }

  function createResourceEndpoint(path: RegExp, read: (access: TokenAccess) => unknown): Endpoint {
    return {
      kind: 'resource',
      methods: ['GET'],
      path,
      respond: (request) => {
        const access = tokenIssuer.findAccess(readAccessToken(request) ?? '')
        return access ? createJsonResponse(200, read(access)) : createUnauthorizedResponse()
      },
      refuse: createUnauthorizedResponse,
    }
  }

  return {
    tokenIssuer,
    endpoints: [
      {
        kind: 'token',
        methods: options.tokenMethods ?? ['GET', 'POST'],
        path: /^\/api\/(?:v[2-6]\/)?oauth2\/token$/, // Axosoft's .NET client sends the version
        respond: handleTokenRequest,
        refuse: () => createJsonResponse(400, invalidCredentials),
      },
      createResourceEndpoint(/^\/api\/v[2-6]\/me$/, ({ user }) => ({ data: createProfile(user) })),
      createResourceEndpoint(/^\/api\/v[2-6]\/items$/, () => ({
        data: workItems,
        metadata: { result: 'success', total_count: workItems.length },
      })),
    ],
  }
}

/** The documentation shows no 401. This one has the shape of the token endpoint's errors. */
function createUnauthorizedResponse(): Response {
  return createJsonResponse(
    401,
    createOAuthError('invalid_token', 'The access token is invalid or has expired'),
  )
}

function createProfile({ id, firstName, lastName, email }: ResolvedUser): Record<string, unknown> {
  return { id, first_name: firstName, last_name: lastName, email }
}

/** Axosoft documents `Authorization`, `X-Authorization` (with `OAuth` as an older scheme) and the query. */
function readAccessToken({ raw, url }: SystemRequest): string | null | undefined {
  const header = raw.headers.get('Authorization') ?? raw.headers.get('X-Authorization')
  return header === null ? url.searchParams.get('access_token') : /^(?:Bearer|OAuth) (\S+)$/.exec(header)?.[1]
}
