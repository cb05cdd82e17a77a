import type { OAuthError } from '../../responses.ts'
import { createJsonResponse } from '../../responses.ts'
import type { TokenIssuer, IssuedTokens } from '../../token-issuer.ts'
import type { SystemRequest, SandboxContext, Endpoint } from '../../system.ts'
import { findUser } from '../../system.ts'
import type { IdTokenSigner } from './id-token.ts'
import { createClaims } from './id-token.ts'
import { classBusiness, identityScopes, specifiers, standingScope, target } from './metadata.ts'

/** What can be different about Class. */
export interface ClassOptions {
  /** Seconds an access token lives; 899 unless given. */
  readonly accessTokenLifetime?: number
  /** How `expires_in` is sent. The documents show a number, and in one place a string. */
  readonly expiresIn?: 'number' | 'string' | 'absent'
  /** Whether granted `offline_access` brings a refresh token. The documents show it with one and without. */
  readonly refreshTokens?: boolean
  /** Whether a refresh token works once and is replaced (`one-use`, as documented), or stays good (`kept`). */
  readonly rotation?: 'one-use' | 'kept'
  /** Whether a request without `Authorization: Basic` is refused. The documents disagree. */
  readonly clientAuthentication?: 'optional' | 'required'
  /** Changes what is granted, given what would be; the answer's `scope` tells. */
  readonly grantScope?: (scope: readonly string[]) => readonly string[]
  /** Calls of the API that may be made in a minute; 500 unless given. */
  readonly callsPerMinute?: number
  /** Changes the body of a successful token answer, for shapes that no documentation shows. */
  readonly transformBody?: (body: Record<string, unknown>) => unknown
}

const tokenHeaders = {
  'Content-Type': 'application/json;charset=UTF-8',
  'Cache-Control': 'no-cache',
  Pragma: 'no-cache',
}

/** Class's token endpoint. */
export function createClassTokenEndpoint(
  context: SandboxContext,
  grants: TokenIssuer,
  idTokens: IdTokenSigner,
  options: ClassOptions,
): Pick<Endpoint, 'refuse' | 'respond'> {
  const { accessTokenLifetime = 899, rotation = 'one-use', refreshTokens = true } = options
  const rules = { accessTokenLifetime, rotation }

  return {
    respond: async (request) => {
      const outcome = isRightClient(request)
        ? grant(request.form)
        : refusal('invalid_client', 'Client authentication failed')
      return 'error' in outcome
        ? createJsonResponse(400, outcome, tokenHeaders)
        : createJsonResponse(200, await bodyOf(outcome, request.base), tokenHeaders)
    },
    refuse: ({ form }) => {
      const isSignIn = form.get('grant_type') === 'password'
      return createJsonResponse(400, isSignIn ? wrongCredentials : invalidRefreshToken, tokenHeaders)
    },
  }

  /** Both the scheme's case and the raw pair, without form-encoding, are as documented. */
  function isRightClient({ raw }: SystemRequest): boolean {
    const { clientId, clientSecret } = context.client
    const authorization = raw.headers.get('Authorization')
    if (authorization === null) return options.clientAuthentication !== 'required'
    return authorization === `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`
  }

  function grant(form: URLSearchParams): IssuedTokens | OAuthError {
    const asked = form.get('scope')?.split(' ').filter(Boolean)
    switch (form.get('grant_type')) {
      case null:
        return refusal('invalid_request', 'The grant_type parameter is required.')
      case 'password':
        return signIn(form, asked)
      case 'refresh_token': {
        const narrow = (scope: readonly string[]): readonly string[] =>
          asked ? scope.filter((value) => asked.includes(value)) : scope
        return grants.refresh(form.get('refresh_token') ?? '', rules, narrow) ?? invalidRefreshToken
      }
      default:
        return refusal('unsupported_grant_type', 'The grant_type is not supported.')
    }
  }

  function signIn(form: URLSearchParams, asked = standingScope): IssuedTokens | OAuthError {
    if (!form.get('username') || !form.get('password')) {
      return refusal('invalid_request', 'The username and password parameters are required.')
    }
    const known = asked.filter((value) =>
      [target, 'offline_access', ...specifiers, ...identityScopes].includes(value),
    )
    if (!known.includes(target) && asked.some((value) => !identityScopes.includes(value))) {
      return refusal('invalid_scope', 'The scope must name a target that the user has access to.')
    }
    const user = findUser(context, form)
    if (!user) return wrongCredentials
    const scope = options.grantScope ? options.grantScope(known) : known
    const withRefreshToken = refreshTokens && scope.includes('offline_access')
    return grants.issue({ user, scope }, { ...rules, withRefreshToken })
  }

  async function bodyOf(issued: IssuedTokens, issuer: string): Promise<unknown> {
    const { accessToken, refreshToken, scope, user } = issued
    const expiresIn = { number: accessTokenLifetime, string: String(accessTokenLifetime), absent: undefined }
    const issuedAt = Math.floor(context.now() / 1000)
    const claims = {
      iss: issuer,
      aud: context.client.clientId,
      iat: issuedAt,
      exp: issuedAt + 300,
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
      ...(scope.includes('openid') && { id_token: await idTokens.sign(claims) }),
    }
    return options.transformBody ? options.transformBody(body) : body
  }
}

const wrongCredentials = refusal('invalid_grant', 'The username or password is incorrect.')
const invalidRefreshToken = refusal(
  'invalid_grant',
  'The refresh token is invalid, expired or has been used.',
)

function refusal(error: string, description: string): OAuthError {
  return { error, error_description: description }
}
