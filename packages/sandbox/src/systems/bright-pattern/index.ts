/**
 * Bright Pattern Contact Center: client credentials that are a person's login ID and API secret, the tenant as
 * the scope, `expires_in` as a string, and codes of its own where Task Routing refuses.
 *
 * @see "Request Access Token" in Bright Pattern's API specifications, and its published Postman collections
 * @module
 */
import { createJsonResponse } from '../../responses.ts'
import { createTokenIssuer } from '../../token-issuer.ts'
import type { SystemRequest, SandboxContext, Endpoint, System } from '../../system.ts'
import { directory, routedTasks } from './data.ts'
import type { BrightPatternOptions } from './token.ts'
import { createBrightPatternTokenEndpoint, notAuthenticated } from './token.ts'

export function brightPattern(context: SandboxContext, options: BrightPatternOptions = {}): System {
  const grants = createTokenIssuer(context.now, context.randomId)
  const { withoutTaskRouting = [] } = options

  const directoryEndpoint: Endpoint = {
    kind: 'resource',
    methods: ['GET'],
    path: /^\/configapi\/v2\/phone\/user$/,
    respond: (request) =>
      grants.check(readBearer(request))
        ? createJsonResponse(200, directory, plain)
        : notAuthenticated(options),
    refuse: () => notAuthenticated(options),
  }

  const taskEndpoint: Endpoint = {
    kind: 'resource',
    methods: ['GET'],
    path: /^\/taskroutingapi\/v1\/task\/([^/]+)\/?$/,
    respond: (request, id = '') => {
      const bearer = readBearer(request)
      if (grants.hasExpired(bearer)) return taskError(401, 2, 'Access token expired')
      const access = grants.check(bearer)
      if (!access) return taskError(401, 1, 'Authentication failed')
      if (withoutTaskRouting.includes(access.user.username)) {
        return taskError(403, 3, 'Privilege not granted')
      }
      const task = Object.hasOwn(routedTasks, id) ? routedTasks[id] : undefined
      return task ? createJsonResponse(200, task, plain) : taskError(404, 8, 'Task not found')
    },
    refuse: () => taskError(401, 2, 'Access token expired'),
  }

  return {
    grants,
    routes: [
      {
        kind: 'token',
        methods: ['POST'],
        path: /^\/configapi\/v[23]\/oauth\/token$/,
        ...createBrightPatternTokenEndpoint(context, grants, options),
      },
      directoryEndpoint,
      taskEndpoint,
    ],
  }
}

const plain = { 'Content-Type': 'application/json' }

function taskError(status: number, errorCode: number, errorMessage: string): Response {
  return createJsonResponse(status, { errorCode, errorMessage }, plain)
}

function readBearer({ raw }: SystemRequest): string {
  return /^Bearer (\S+)$/.exec(raw.headers.get('Authorization') ?? '')?.[1] ?? ''
}
