/**
 * Class (Class Super): the password grant as a POST form, a token endpoint found by discovery, scopes with
 * a target, single-use refresh tokens, and an API that speaks XML unless asked for JSON.
 *
 * @see "Resource Owner Password Flow", "Authorization Scopes" and "Using the API" in Class's support pages
 * @module
 */
import type { OAuthError } from '../answers.ts'
import { json } from '../answers.ts'
import type { Access, IssuedTokens } from '../grants.ts'
import { createGrants } from '../grants.ts'
import type { Call, Ground, System } from '../system.ts'
import { personWith } from '../system.ts'
import { dataAnswer, errorAnswer, isAcceptable, notAuthorised, notFound } from './class-envelope.ts'
import { fundSummaries } from './class-funds.ts'
import { claimsOf, createIdTokenSigner } from './class-id-token.ts'
import {
  classBusiness,
  classMetadata,
  identityScopes,
  specifiers,
  standingScope,
  target,
} from './class-metadata.ts'

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
  /** Changes the body of a successful token answer, for shapes that no documentation shows. */
  readonly amend?: (body: Record<string, unknown>) => unknown
}

const tokenHeaders = {
  'Content-Type': 'application/json;charset=UTF-8',
  'Cache-Control': 'no-cache',
  Pragma: 'no-cache',
}

export function classSuper(ground: Ground, options: ClassOptions = {}): System {
  const { accessTokenLifetime = 899, rotation = 'one-use', refreshTokens = true } = options
  const rules = { accessTokenLifetime, rotation }
  const grants = createGrants(ground.now, ground.randomId)
  const idTokens = createIdTokenSigner()

  async function token(call: Call): Promise<Response> {
    const outcome = isRightClient(call.request.headers.get('Authorization'))
      ? grant(call.form)
      : refusal('invalid_client', 'Client authentication failed')
    return 'error' in outcome
      ? json(400, outcome, tokenHeaders)
      : json(200, await bodyOf(outcome, call.base), tokenHeaders)
  }

  /** Both the scheme's case and the raw pair, without form-encoding, are as documented. */
  function isRightClient(authorization: string | null): boolean {
    const { clientId, clientSecret } = ground.client
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
    const person = personWith(ground, form)
    if (!person) return wrongCredentials
    const scope = options.grantScope ? options.grantScope(known) : known
    const withRefreshToken = refreshTokens && scope.includes('offline_access')
    return grants.signIn({ person, scope }, { ...rules, withRefreshToken })
  }

  async function bodyOf(issued: IssuedTokens, issuer: string): Promise<unknown> {
    const { accessToken, refreshToken, scope, person } = issued
    const expiresIn = { number: accessTokenLifetime, string: String(accessTokenLifetime), absent: undefined }
    const issuedAt = Math.floor(ground.now() / 1000)
    const claims = {
      iss: issuer,
      aud: ground.client.clientId,
      iat: issuedAt,
      exp: issuedAt + 300,
      ...claimsOf(person),
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
    return options.amend ? options.amend(body) : body
  }

  /** An endpoint of the API that any one of these scopes opens. */
  function resource(
    path: RegExp,
    anyOf: readonly string[],
    read: (call: Call, access: Access, ...captures: string[]) => Response,
  ): System['routes'][number] {
    return {
      kind: 'resource',
      methods: ['GET'],
      path,
      answer: (call, ...captures) => {
        if (!isAcceptable(call)) return new Response(null, { status: 406 })
        const bearer = /^Bearer (\S+)$/.exec(call.request.headers.get('Authorization') ?? '')?.[1]
        const access = grants.check(bearer ?? '')
        return access && anyOf.some((value) => access.scope.includes(value))
          ? read(call, access, ...captures)
          : errorAnswer(call, notAuthorised)
      },
      refuse: (call) => errorAnswer(call, notAuthorised),
    }
  }

  return {
    grants,
    routes: [
      {
        kind: 'discovery',
        methods: ['GET'],
        path: /^\/\.well-known\/openid-configuration$/,
        answer: ({ base }) => json(200, classMetadata(base)),
        refuse: () => new Response(null, { status: 403 }),
      },
      {
        kind: 'discovery',
        methods: ['GET'],
        path: /^\/\.well-known\/jwks$/,
        answer: async () => json(200, await idTokens.keySet()),
        refuse: () => new Response(null, { status: 403 }),
      },
      {
        kind: 'token',
        methods: ['POST'],
        path: /^\/connect\/token\/?$/, // one revision of the documents writes the slash
        answer: token,
        refuse: ({ form }) =>
          json(
            400,
            form.get('grant_type') === 'password' ? wrongCredentials : invalidRefreshToken,
            tokenHeaders,
          ),
      },
      resource(/^\/api\/1\.0\/u\/connect\/userinfo$/, ['openid'], (_call, { person }) =>
        json(200, claimsOf(person)),
      ),
      resource(
        /^\/api\/1\.0\/b\/([^/]+)\/fund-data\/fund-list$/,
        ['business.fund.list', 'fund.read'],
        (call, { scope }, business) =>
          scope.includes(`target:b/${business}`)
            ? dataAnswer(call, fundSummaries, 'FundSummary')
            : errorAnswer(call, notFound),
      ),
    ],
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
