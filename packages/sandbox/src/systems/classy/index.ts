/**
 * Classy (GoFundMe Pro): client credentials in a POST form, machine tokens without a user, errors that are a code or
 * messages for each field, and an edge that can reject a request before Classy receives it.
 *
 * @see "Authentication" in Classy's API documentation, and its published Postman collections
 * @module
 */
import { createJsonResponse, createOAuthError, createTextResponse } from '../../responses.ts'
import { createTokenIssuer } from '../../token-issuer.ts'
import type { SandboxContext, Endpoint, System } from '../../system.ts'
import { campaigns, classyOrganization } from './campaigns.ts'
import type { ClassyOptions } from './token.ts'
import { createClassyTokenEndpoint } from './token.ts'

export function classy(context: SandboxContext, options: ClassyOptions = {}): System {
  const tokenIssuer = createTokenIssuer<null>(context.now, context.randomId)
  const { integrationId } = options

  /** Lets the edge reject requests to an endpoint that lack the right `x-integration-id`. */
  function protectWithEdge(endpoint: Endpoint): Endpoint {
    return {
      ...endpoint,
      respond: (request, ...captures) =>
        integrationId === undefined || request.raw.headers.get('x-integration-id') === integrationId
          ? endpoint.respond(request, ...captures)
          : createTextResponse(403, forbiddenPage, { 'Content-Type': 'text/html; charset=utf-8' }),
    }
  }

  function createResourceEndpoint(path: RegExp, read: (id: string) => Response): Endpoint {
    return {
      kind: 'resource',
      methods: ['GET'],
      path,
      respond: (request, id = '') => {
        // Documented as `Bearer`; Classy also accepts it in lower case.
        const accessToken = /^Bearer (\S+)$/i.exec(request.raw.headers.get('Authorization') ?? '')?.[1]
        return tokenIssuer.findAccess(accessToken ?? '') ? read(id) : createUnauthorizedResponse()
      },
      refuse: createUnauthorizedResponse,
    }
  }

  const endpoints: Endpoint[] = [
    {
      kind: 'token',
      methods: ['POST'],
      path: /^\/oauth2\/auth$/,
      ...createClassyTokenEndpoint(context, tokenIssuer, options),
    },
    createResourceEndpoint(/^\/2\.0\/organizations\/(\d+)\/campaigns$/, (id) =>
      Number(id) === classyOrganization.id
        ? createApiResponse(200, createPage(campaigns))
        : createApiResponse(403, createForbiddenBody('fetch', 'organization')),
    ),
    createResourceEndpoint(/^\/2\.0\/campaigns\/(\d+)$/, (id) => {
      const campaign = campaigns.find((candidate) => candidate.id === Number(id))
      return campaign
        ? createApiResponse(200, campaign)
        : createApiResponse(404, { error: 'The resource cannot be found' })
    }),
  ]
  return { tokenIssuer, endpoints: endpoints.map(protectWithEdge) }
}

const forbiddenPage = '<!doctype html><title>403 Forbidden</title><h1>403 Forbidden</h1>'

function createApiResponse(status: number, body: unknown): Response {
  return createJsonResponse(status, body, {
    'Content-Type': 'application/json',
    'Cache-Control': 'no-cache, private',
  })
}

function createUnauthorizedResponse(): Response {
  return createApiResponse(
    401,
    createOAuthError('invalid_token', 'The access token is invalid or has expired'),
  )
}

/** Creates the body for a valid token without this permission. */
function createForbiddenBody(action: string, entity: string): unknown {
  return { error: 'This action is unauthorized.', permissions: [{ action, entity }] }
}

/** Creates the only page of a list; the demo's data fit in it. */
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
