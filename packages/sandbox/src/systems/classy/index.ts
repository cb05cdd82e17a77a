/**
 * Classy (GoFundMe Pro): client credentials in a POST form, a token of the application rather than of a user,
 * errors that are a code or the messages on each field, an edge that may answer before Classy does.
 *
 * @see "Authentication" in Classy's API documentation, and its published Postman collections
 * @module
 */
import type { OAuthError } from '../../responses.ts'
import { createJsonResponse, createTextResponse } from '../../responses.ts'
import { createTokenIssuer } from '../../token-issuer.ts'
import type { SandboxContext, Endpoint, System } from '../../system.ts'
import { campaigns, classyOrganization } from './campaigns.ts'
import type { ClassyOptions } from './token.ts'
import { createClassyTokenEndpoint } from './token.ts'

export function classy(context: SandboxContext, options: ClassyOptions = {}): System {
  const grants = createTokenIssuer<null>(context.now, context.randomId)
  const { integrationId } = options

  /** Every request passes the edge, which may know nobody without a header. */
  function behindEdge(route: Endpoint): Endpoint {
    return {
      ...route,
      respond: (request, ...captures) =>
        integrationId === undefined || request.raw.headers.get('x-integration-id') === integrationId
          ? route.respond(request, ...captures)
          : createTextResponse(403, forbiddenPage, { 'Content-Type': 'text/html; charset=utf-8' }),
    }
  }

  function resource(path: RegExp, read: (id: string) => Response): Endpoint {
    return {
      kind: 'resource',
      methods: ['GET'],
      path,
      respond: (request, id = '') => {
        // The documents write `Bearer`; in lower case it was seen to work as well.
        const bearer = /^Bearer (\S+)$/i.exec(request.raw.headers.get('Authorization') ?? '')?.[1]
        return grants.check(bearer ?? '') ? read(id) : createRejectedToken()
      },
      refuse: createRejectedToken,
    }
  }

  const routes: Endpoint[] = [
    {
      kind: 'token',
      methods: ['POST'],
      path: /^\/oauth2\/auth$/,
      ...createClassyTokenEndpoint(context, grants, options),
    },
    resource(/^\/2\.0\/organizations\/(\d+)\/campaigns$/, (id) =>
      Number(id) === classyOrganization.id
        ? apiJson(200, createPage(campaigns))
        : apiJson(403, forbidden('fetch', 'organization')),
    ),
    resource(/^\/2\.0\/campaigns\/(\d+)$/, (id) => {
      const campaign = campaigns.find((candidate) => candidate.id === Number(id))
      return campaign ? apiJson(200, campaign) : apiJson(404, { error: 'The resource cannot be found' })
    }),
  ]
  return { grants, routes: routes.map(behindEdge) }
}

const forbiddenPage = '<!doctype html><title>403 Forbidden</title><h1>403 Forbidden</h1>'

function apiJson(status: number, body: unknown): Response {
  return createJsonResponse(status, body, {
    'Content-Type': 'application/json',
    'Cache-Control': 'no-cache, private',
  })
}

function createRejectedToken(): Response {
  const error: OAuthError = {
    error: 'invalid_token',
    error_description: 'The access token is invalid or has expired',
  }
  return apiJson(401, error)
}

/** The answer to a good token that may not do this. */
function forbidden(action: string, entity: string): unknown {
  return { error: 'This action is unauthorized.', permissions: [{ action, entity }] }
}

/** Classy lists in pages; the demo's data fill the first. */
function createPage(items: readonly object[]): unknown {
  return {
    total: items.length,
    per_page: 20,
    current_page: 1,
    last_page: 1,
    next_page_url: null,
    prev_page_url: null,
    from: 1,
    to: items.length,
    data: items,
  }
}
