/**
 * Bright Pattern Contact Center: the client credentials are a user's login ID and API secret, the scope is the
 * tenant, `expires_in` is a string, and Task Routing has its own error codes.
 *
 * @see "Request Access Token" in Bright Pattern's API specifications, and its published Postman collections
 * @module
 */
import { createJsonResponse } from '../../responses.ts'
import { createTokenIssuer } from '../../token-issuer.ts'
import type { SystemRequest, SandboxContext, Endpoint, System } from '../../system.ts'
import { createDirectory, routedTasks } from './data.ts'
import type { BrightPatternOptions } from './token.ts'
import { createBrightPatternTokenEndpoint, createUnauthorizedResponse } from './token.ts'

export function brightPattern(context: SandboxContext, options: BrightPatternOptions = {}): System {
  const tokenIssuer = createTokenIssuer(context.now, context.randomId)
  const { withoutTaskRouting = [] } = options
  const directory = createDirectory(context.users)

  const directoryEndpoint: Endpoint = {
    kind: 'resource',
    methods: ['GET'],
    path: /^\/configapi\/v2\/phone\/user$/,
    respond: (request) =>
      tokenIssuer.findAccess(readAccessToken(request))
        ? createJsonResponse(200, directory, contentType)
        : createUnauthorizedResponse(options),
    refuse: () => createUnauthorizedResponse(options),
  }

  const taskEndpoint: Endpoint = {
    kind: 'resource',
    methods: ['GET'],
    path: /^\/taskroutingapi\/v1\/task\/([^/]+)\/?$/,
    respond: (request, id = '') => {
      const accessToken = readAccessToken(request)
      if (tokenIssuer.hasExpired(accessToken)) return createTaskErrorResponse(401, 2, 'Access token expired')
      const access = tokenIssuer.findAccess(accessToken)
      if (!access) return createTaskErrorResponse(401, 1, 'Authentication failed')
      if (withoutTaskRouting.includes(access.user.username)) {
        return createTaskErrorResponse(403, 3, 'Privilege not granted')
      }
      const task = Object.hasOwn(routedTasks, id) ? routedTasks[id] : undefined
      return task
        ? createJsonResponse(200, task, contentType)
        : createTaskErrorResponse(404, 8, 'Task not found')
    },
    refuse: () => createTaskErrorResponse(401, 2, 'Access token expired'),
  }

  return {
    tokenIssuer,
    endpoints: [
      {
        kind: 'token',
        methods: ['POST'],
        path: /^\/configapi\/v[23]\/oauth\/token$/,
        ...createBrightPatternTokenEndpoint(context, tokenIssuer, options),
      },
      directoryEndpoint,
      taskEndpoint,
    ],
  }
}

const contentType = { 'Content-Type': 'application/json' }

function createTaskErrorResponse(status: number, errorCode: number, errorMessage: string): Response {
  return createJsonResponse(status, { errorCode, errorMessage }, contentType)
}

function readAccessToken({ raw }: SystemRequest): string {
  return /^Bearer (\S+)$/.exec(raw.headers.get('Authorization') ?? '')?.[1] ?? ''
}
