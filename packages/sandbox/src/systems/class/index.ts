/**
 * Class (Class Super): the password grant as a POST form, a token endpoint found by discovery, scopes with
 * a target, single-use refresh tokens, and an API that speaks XML unless asked for JSON and counts its calls.
 *
 * @see "Resource Owner Password Flow", "Authorization Scopes", "Using the API" and "Rate Limiting" in Class's
 * support pages
 * @module
 */
import { json, text } from '../../responses.ts'
import type { Access } from '../../token-issuer.ts'
import { createGrants } from '../../token-issuer.ts'
import type { Call, Ground, Route, System } from '../../system.ts'
import { dataAnswer, errorAnswer, notAuthorised, notFound, unacceptable } from './envelope.ts'
import { fundSummaries } from './funds.ts'
import { claimsOf, createIdTokenSigner } from './id-token.ts'
import { classMetadata } from './metadata.ts'
import { createCallCounter } from './rate-limit.ts'
import type { ClassOptions } from './token.ts'
import { classTokenEndpoint } from './token.ts'

export function classSuper(ground: Ground, options: ClassOptions = {}): System {
  const grants = createGrants(ground.now, ground.randomId)
  const idTokens = createIdTokenSigner()
  const countCall = createCallCounter(ground.now, options.callsPerMinute ?? 500)

  /** An endpoint of the API that any one of these scopes opens. */
  function resource(
    path: RegExp,
    anyOf: readonly string[],
    read: (call: Call, access: Access, ...captures: string[]) => Response,
  ): Route {
    function answer(call: Call, ...captures: string[]): Response {
      const refused = unacceptable(call)
      if (refused !== null) return text(refused, '')
      const bearer = /^Bearer (\S+)$/.exec(call.request.headers.get('Authorization') ?? '')?.[1]
      const access = grants.check(bearer ?? '')
      return access && anyOf.some((value) => access.scope.includes(value))
        ? read(call, access, ...captures)
        : errorAnswer(call, notAuthorised)
    }

    return {
      kind: 'resource',
      methods: ['GET'],
      path,
      answer: (call, ...captures) => {
        const { isUsedUp, headers } = countCall()
        const answered = isUsedUp ? text(429, '') : answer(call, ...captures)
        for (const [name, value] of Object.entries(headers)) answered.headers.set(name, value)
        return answered
      },
      refuse: (call) => errorAnswer(call, notAuthorised),
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
        ...classTokenEndpoint(ground, grants, idTokens, options),
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

/** Something that anybody may read. */
function document(path: RegExp, read: (call: Call) => unknown): Route {
  return {
    kind: 'discovery',
    methods: ['GET'],
    path,
    answer: async (call) => json(200, await read(call)),
    refuse: () => new Response(null, { status: 403 }),
  }
}
