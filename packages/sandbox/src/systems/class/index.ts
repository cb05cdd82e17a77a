/**
 * Class (Class Super): the password grant as a POST form, a token endpoint found by discovery, scopes with
 * a target, single-use refresh tokens, and an API that speaks XML unless asked for JSON and counts its calls.
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
import { classMetadata } from './metadata.ts'
import { createCallCounter } from './rate-limit.ts'
import type { ClassOptions } from './token.ts'
import { createClassTokenEndpoint } from './token.ts'

export function classSuper(context: SandboxContext, options: ClassOptions = {}): System {
  const grants = createTokenIssuer(context.now, context.randomId)
  const idTokens = createIdTokenSigner()
  const countCall = createCallCounter(context.now, options.callsPerMinute ?? 500)

  /** An endpoint of the API that any one of these scopes opens. */
  function resource(
    path: RegExp,
    anyOf: readonly string[],
    read: (request: SystemRequest, access: TokenAccess, ...captures: string[]) => Response,
  ): Endpoint {
    function response(request: SystemRequest, ...captures: string[]): Response {
      const refused = getAcceptFailure(request)
      if (refused !== null) return createTextResponse(refused, '')
      const bearer = /^Bearer (\S+)$/.exec(request.raw.headers.get('Authorization') ?? '')?.[1]
      const access = grants.check(bearer ?? '')
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
        const answered = isUsedUp ? createTextResponse(429, '') : response(request, ...captures)
        for (const [name, value] of Object.entries(headers)) answered.headers.set(name, value)
        return answered
      },
      refuse: (request) => createErrorResponse(request, notAuthorised),
    }
  }

  return {
    grants,
    routes: [
      document(/^\/\.well-known\/openid-configuration$/, ({ base }) => classMetadata(base)),
      document(/^\/\.well-known\/jwks$/, () => idTokens.keySet()),
      {
        kind: 'token',
        methods: ['POST'],
        path: /^\/connect\/token\/?$/, // one revision of the documents writes the slash
        ...createClassTokenEndpoint(context, grants, idTokens, options),
      },
      resource(/^\/api\/1\.0\/u\/connect\/userinfo$/, ['openid'], (_request, { user }) =>
        createJsonResponse(200, createClaims(user)),
      ),
      resource(
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

/** Something that anybody may read. */
function document(path: RegExp, read: (request: SystemRequest) => unknown): Endpoint {
  return {
    kind: 'discovery',
    methods: ['GET'],
    path,
    respond: async (request) => createJsonResponse(200, await read(request)),
    refuse: () => new Response(null, { status: 403 }),
  }
}
