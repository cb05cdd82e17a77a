import type { OAuthError } from '../../responses.ts'
import { createJsonResponse, createOAuthError } from '../../responses.ts'
import type { TokenIssuer, IssuedTokens } from '../../token-issuer.ts'
import type { SystemRequest, SandboxContext, Endpoint } from '../../system.ts'
import { findUser } from '../../system.ts'
import type { IdTokenSigner } from './id-token.ts'
import { createClaims } from './id-token.ts'
import { classBusiness, identityScopes, specifiers, defaultScope, target } from './metadata.ts'

/** Options for what Class's documentation leaves open. */
export interface ClassOptions {
  /** The lifetime of access tokens in seconds. Defaults to 899. */
  readonly accessTokenLifetime?: number
  /** The type of `expires_in`. Defaults to `number`; the documentation also shows a string. */
  readonly expiresIn?: 'number' | 'string' | 'absent'
  /** Whether the scope `offline_access` brings a refresh token. Defaults to `true`; the documentation shows both. */
  readonly refreshTokens?: boolean
  /** Whether a refresh replaces the refresh token (`one-use`, the documented default) or it stays valid (`kept`). */
  readonly rotation?: 'one-use' | 'kept'
  /** Whether a request needs `Authorization: Basic`. Defaults to `optional`; the documentation contradicts itself. */
  readonly clientAuthentication?: 'optional' | 'required'
  /** Changes the granted scope, which the response contains. */
  readonly grantScope?: (scope: readonly string[]) => readonly string[]
  /** The number of API calls allowed per minute. Defaults to 500. */
  readonly callsPerMinute?: number
  /** Changes the body of a successful token response, for undocumented shapes. */
  readonly transformBody?: (body: Record<string, unknown>) => unknown
}

const tokenHeaders = {
  'Content-Type': 'application/json;charset=UTF-8',
  'Cache-Control': 'no-cache',
  Pragma: 'no-cache',
}

export function createClassTokenEndpoint(
  context: SandboxContext,
  tokenIssuer: TokenIssuer,
  idTokenSigner: IdTokenSigner,
  options: ClassOptions,
): Pick<Endpoint, 'refuse' | 'respond'> {
  const { accessTokenLifetime = 899, rotation = 'one-use', refreshTokens = true } = options
  const rules = { accessTokenLifetime, rotation }

  return {
    respond: async (request) => {
      const result = isClientAuthenticated(request)
        ? runGrant(request.form)
        : createOAuthError('invalid_client', 'Client authentication failed')
      return 'error' in result
        ? createJsonResponse(400, result, tokenHeaders)
        : createJsonResponse(200, await createTokenBody(result, request.base), tokenHeaders)
    },
    refuse: ({ form }) => {
      const isSignIn = form.get('grant_type') === 'password'
      return createJsonResponse(400, isSignIn ? invalidCredentials : invalidRefreshToken, tokenHeaders)
    },
  }

  /** As documented, the scheme's case matters and the pair is not form-encoded. */
  function isClientAuthenticated({ raw }: SystemRequest): boolean {
    const { clientId, clientSecret } = context.client
    const authorization = raw.headers.get('Authorization')
    if (authorization === null) return options.clientAuthentication !== 'required'
    return authorization === `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`
  }

  function runGrant(form: URLSearchParams): IssuedTokens | OAuthError {
    const requestedScope = form.get('scope')?.split(' ').filter(Boolean)
    switch (form.get('grant_type')) {
      case null:
        return createOAuthError('invalid_request', 'The grant_type parameter is required.')
      case 'password':
        return signIn(form, requestedScope)
      case 'refresh_token': {
        const limitScope = (scope: readonly string[]): readonly string[] =>
          requestedScope ? scope.filter((value) => requestedScope.includes(value)) : scope
        return tokenIssuer.refresh(form.get('refresh_token') ?? '', rules, limitScope) ?? invalidRefreshToken
      }
      default:
        return createOAuthError('unsupported_grant_type', 'The grant_type is not supported.')
    }
  }

  function signIn(form: URLSearchParams, requestedScope = defaultScope): IssuedTokens | OAuthError {
    if (!form.get('username') || !form.get('password')) {
      return createOAuthError('invalid_request', 'The username and password parameters are required.')
    }
    const knownScope = requestedScope.filter((value) =>
      [target, 'offline_access', ...specifiers, ...identityScopes].includes(value),
    )
    if (!knownScope.includes(target) && requestedScope.some((value) => !identityScopes.includes(value))) {
      return createOAuthError('invalid_scope', 'The scope must name a target that the user has access to.')
    }
    const user = findUser(context, form)
    if (!user) return invalidCredentials
    const scope = options.grantScope ? options.grantScope(knownScope) : knownScope
    const withRefreshToken = refreshTokens && scope.includes('offline_access')
    return tokenIssuer.issue({ user, scope }, { ...rules, withRefreshToken })
  }

  async function createTokenBody(issued: IssuedTokens, issuer: string): Promise<unknown> {
    const { accessToken, refreshToken, scope, user } = issued
    const expiresIn = { number: accessTokenLifetime, string: String(accessTokenLifetime), absent: undefined }
    const issuedAtSeconds = Math.floor(context.now() / 1000)
    const claims = {
      iss: issuer,
      aud: context.client.clientId,
      iat: issuedAtSeconds,
      exp: issuedAtSeconds + 300,
      ...createClaims(user),
    }
    const body = {
      access_token: accessToken,
      token_type: 'bearer',
      expires_in: expiresIn[options.expiresIn ?? 'number'],
      scope: scope.join(' '),
      ...(refreshToken && {
        refresh_token: refreshToken,
        BusinessName: classBusiness.name,
        BusinessCode: classBusiness.code,
      }),
      ...(scope.includes('openid') && { id_token: await idTokenSigner.sign(claims) }),
    }
    return options.transformBody ? options.transformBody(body) : body
  }
}

const invalidCredentials = createOAuthError('invalid_grant', 'The username or password is incorrect.')
const invalidRefreshToken = createOAuthError(
  'invalid_grant',
  'The refresh token is invalid, expired or has been used.',
)
