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
import { claimsOf, createIdTokenSigner } from './id-token.ts'
import { classMetadata } from './metadata.ts'
import { createCallCounter } from './rate-limit.ts'
import type { ClassOptions } from './token.ts'
import { createClassTokenEndpoint } from './token.ts'

export function classSuper(ground: SandboxContext, options: ClassOptions = {}): System {
  const grants = createTokenIssuer(ground.now, ground.randomId)
  const idTokens = createIdTokenSigner()
  const countCall = createCallCounter(ground.now, options.callsPerMinute ?? 500)

  /** An endpoint of the API that any one of these scopes opens. */
  function resource(
    path: RegExp,
    anyOf: readonly string[],
    read: (call: SystemRequest, access: TokenAccess, ...captures: string[]) => Response,
  ): Endpoint {
    function answer(call: SystemRequest, ...captures: string[]): Response {
      const refused = getAcceptFailure(call)
      if (refused !== null) return createTextResponse(refused, '')
      const bearer = /^Bearer (\S+)$/.exec(call.request.headers.get('Authorization') ?? '')?.[1]
      const access = grants.check(bearer ?? '')
      return access && anyOf.some((value) => access.scope.includes(value))
        ? read(call, access, ...captures)
        : createErrorResponse(call, notAuthorised)
    }

    return {
      kind: 'resource',
      methods: ['GET'],
      path,
      answer: (call, ...captures) => {
        const { isUsedUp, headers } = countCall()
        const answered = isUsedUp ? createTextResponse(429, '') : answer(call, ...captures)
        for (const [name, value] of Object.entries(headers)) answered.headers.set(name, value)
        return answered
      },
      refuse: (call) => createErrorResponse(call, notAuthorised),
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
        ...createClassTokenEndpoint(ground, grants, idTokens, options),
      },
      resource(/^\/api\/1\.0\/u\/connect\/userinfo$/, ['openid'], (_call, { person }) =>
        createJsonResponse(200, claimsOf(person)),
      ),
      resource(
        /^\/api\/1\.0\/b\/([^/]+)\/fund-data\/fund-list$/,
        ['business.fund.list', 'fund.read'],
        (call, { scope }, business) =>
          scope.includes(`target:b/${business}`)
            ? createDataResponse(call, fundSummaries, 'FundSummary')
            : createErrorResponse(call, notFound),
      ),
    ],
  }
}

/** Something that anybody may read. */
function document(path: RegExp, read: (call: SystemRequest) => unknown): Endpoint {
  return {
    kind: 'discovery',
    methods: ['GET'],
    path,
    answer: async (call) => createJsonResponse(200, await read(call)),
    refuse: () => new Response(null, { status: 403 }),
  }
}
