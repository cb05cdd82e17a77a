/**
 * Class (Class Super): the password grant as a POST form, a token endpoint named by discovery, scopes with a target,
 * single-use refresh tokens, and a rate-limited API that sends XML unless JSON is requested.
 *
 * @see "Resource Owner Password Flow", "Authorization Scopes", "Using the API" and "Rate Limiting" in Class's
 * support pages
 * @module
 */
import { createJsonResponse, createTextResponse } from '../../responses.ts'
import type { TokenAccess } from '../../token-issuer.ts'
import { createTokenIssuer } from '../../token-issuer.ts'
import type { SystemRequest, SandboxContext, Endpoint, System } from '../../system.ts'
import {
  createDataResponse,
  createErrorResponse,
  notAuthorised,
  notFound,
  getAcceptFailure,
} from './envelope.ts'
import { fundSummaries } from './funds.ts'
import { createClaims, createIdTokenSigner } from './id-token.ts'
import { createClassMetadata } from './metadata.ts'
import { createCallCounter } from './rate-limit.ts'
import type { ClassOptions } from './token.ts'
import { createClassTokenEndpoint } from './token.ts'

export function classSuper(context: SandboxContext, options: ClassOptions = {}): System {
  const tokenIssuer = createTokenIssuer(context.now, context.randomId)
  const idTokenSigner = createIdTokenSigner()
  const countCall = createCallCounter(context.now, options.callsPerMinute ?? 500)

  /** Creates an endpoint of the API that requires one of these scopes. */
  function createResourceEndpoint(
    path: RegExp,
    anyOf: readonly string[],
    read: (request: SystemRequest, access: TokenAccess, ...captures: string[]) => Response,
  ): Endpoint {
    function respondWithinLimit(request: SystemRequest, ...captures: string[]): Response {
      const failureStatus = getAcceptFailure(request)
      if (failureStatus !== null) return createTextResponse(failureStatus, '')
      const accessToken = /^Bearer (\S+)$/.exec(request.raw.headers.get('Authorization') ?? '')?.[1]
      const access = tokenIssuer.findAccess(accessToken ?? '')
      return access && anyOf.some((value) => access.scope.includes(value))
        ? read(request, access, ...captures)
        : createErrorResponse(request, notAuthorised)
    }

    return {
      kind: 'resource',
      methods: ['GET'],
      path,
      respond: (request, ...captures) => {
        const { isUsedUp, headers } = countCall()
        const response = isUsedUp ? createTextResponse(429, '') : respondWithinLimit(request, ...captures)
        for (const [name, value] of Object.entries(headers)) response.headers.set(name, value)
        return response
      },
      refuse: (request) => createErrorResponse(request, notAuthorised),
    }
  }

  return {
    tokenIssuer,
    endpoints: [
      createDiscoveryEndpoint(/^\/\.well-known\/openid-configuration$/, ({ base }) =>
        createClassMetadata(base),
      ),
      createDiscoveryEndpoint(/^\/\.well-known\/jwks$/, () => idTokenSigner.keySet()),
      {
        kind: 'token',
        methods: ['POST'],
        path: /^\/connect\/token\/?$/, // one revision of the documentation has the slash
        ...createClassTokenEndpoint(context, tokenIssuer, idTokenSigner, options),
      },
      createResourceEndpoint(/^\/api\/1\.0\/u\/connect\/userinfo$/, ['openid'], (_request, { user }) =>
        createJsonResponse(200, createClaims(user)),
      ),
      createResourceEndpoint(
        /^\/api\/1\.0\/b\/([^/]+)\/fund-data\/fund-list$/,
        ['business.fund.list', 'fund.read'],
        (request, { scope }, business) =>
          scope.includes(`target:b/${business}`)
            ? createDataResponse(request, fundSummaries, 'FundSummary')
            : createErrorResponse(request, notFound),
      ),
    ],
  }
}

/** Creates an endpoint that needs no token. */
function createDiscoveryEndpoint(path: RegExp, read: (request: SystemRequest) => unknown): Endpoint {
  return {
    kind: 'discovery',
    methods: ['GET'],
    path,
    respond: async (request) => createJsonResponse(200, await read(request)),
    refuse: () => new Response(null, { status: 403 }),
  }
}
