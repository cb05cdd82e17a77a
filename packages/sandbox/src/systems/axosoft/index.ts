/**
 * Axosoft: the password grant as a GET with everything in the query, no `expires_in`, no refresh token,
 * the user beside the token in `data`.
 *
 * @see "Username/Password Grant Type" and "Accessing Axosoft Data" on Axosoft's developer site
 * @module
 */
import type { OAuthError } from '../../responses.ts'
import { createJsonResponse } from '../../responses.ts'
import type { TokenAccess, IssuedTokens } from '../../token-issuer.ts'
import { createTokenIssuer } from '../../token-issuer.ts'
import type { SandboxUser } from '../../users.ts'
import type { SystemRequest, SandboxContext, Endpoint, System } from '../../system.ts'
import { findUser } from '../../system.ts'
import { workItems } from './items.ts'

/** What can be different about Axosoft. */
export interface AxosoftOptions {
  /** Seconds an access token lives, which no answer tells; 30 days unless given. */
  readonly accessTokenLifetime?: number
  /** How a token may be asked for. The documents know only the GET; hosted accounts took a POST form as well. */
  readonly tokenMethods?: readonly ('GET' | 'POST')[]
  /** Changes the body of a successful token answer, for shapes that no documentation shows. */
  readonly transformBody?: (body: Record<string, unknown>) => unknown
}

const thirtyDays = 30 * 24 * 60 * 60
const wrongCredentials = refusal('invalid_grant', 'Invalid username or password')

export function axosoft(context: SandboxContext, options: AxosoftOptions = {}): System {
  const grants = createTokenIssuer(context.now, context.randomId)

  function token(request: SystemRequest): Response {
    const fields = request.raw.method === 'POST' ? request.form : request.url.searchParams
    const outcome = signIn(fields)
    return 'error' in outcome ? createJsonResponse(400, outcome) : createJsonResponse(200, bodyOf(outcome))
  }

  function signIn(fields: URLSearchParams): IssuedTokens | OAuthError {
    if (!fields.get('grant_type')) return refusal('invalid_request', 'grant_type is required')
    if (fields.get('grant_type') !== 'password')
      return refusal('unsupported_grant_type', 'Unsupported grant_type')
    const { clientId, clientSecret } = context.client
    if (fields.get('client_id') !== clientId || fields.get('client_secret') !== clientSecret) {
      return refusal('invalid_client', 'Invalid client_id or client_secret')
    }
    const scope = (fields.get('scope') || 'read').split(' ')
    if (!scope.every((value) => value === 'read' || value === 'write')) {
      return refusal('invalid_scope', 'Valid scopes are read and write')
    }
    const user = findUser(context, fields)
    if (!user) return wrongCredentials
    const accessTokenLifetime = options.accessTokenLifetime ?? thirtyDays
    return grants.issue({ user, scope }, { accessTokenLifetime, rotation: 'kept', withRefreshToken: false })
  }

  function bodyOf({ accessToken, user }: IssuedTokens): unknown {
    const body = { access_token: accessToken, token_type: 'bearer', data: profile(user) }
    return options.transformBody ? options.transformBody(body) : body
  }

  /** An endpoint of the API. */
  function resource(path: RegExp, read: (access: TokenAccess) => unknown): Endpoint {
    return {
      kind: 'resource',
      methods: ['GET'],
      path,
      respond: (request) => {
        const access = grants.check(readBearer(request) ?? '')
        return access ? createJsonResponse(200, read(access)) : notAuthorised()
      },
      refuse: notAuthorised,
    }
  }

  return {
    grants,
    routes: [
      {
        kind: 'token',
        methods: options.tokenMethods ?? ['GET', 'POST'],
        path: /^\/api\/(?:v[2-6]\/)?oauth2\/token$/, // Axosoft's own .NET client writes the version
        respond: token,
        refuse: () => createJsonResponse(400, wrongCredentials),
      },
      resource(/^\/api\/v[2-6]\/me$/, ({ user }) => ({ data: profile(user) })),
      resource(/^\/api\/v[2-6]\/items$/, () => ({
        data: workItems,
        metadata: { result: 'success', total_count: workItems.length },
      })),
    ],
  }
}

/** The documentation shows no 401; this one speaks as the token endpoint does. */
function notAuthorised(): Response {
  return createJsonResponse(401, refusal('invalid_token', 'The access token is invalid or has expired'))
}

function profile({ id, firstName, lastName, email }: SandboxUser): Record<string, unknown> {
  return { id, first_name: firstName, last_name: lastName, email }
}

function refusal(error: string, description: string): OAuthError {
  return { error, error_description: description }
}

/** Three places are documented: `Authorization`, `X-Authorization` (with `OAuth` as an older scheme), the query. */
function readBearer({ raw, url }: SystemRequest): string | null | undefined {
  const header = raw.headers.get('Authorization') ?? raw.headers.get('X-Authorization')
  return header === null ? url.searchParams.get('access_token') : /^(?:Bearer|OAuth) (\S+)$/.exec(header)?.[1]
}
