import type { Authorize, Caller } from '../sessions/machine-session.ts'
import { createCallerSession } from '../sessions/machine-session.ts'
import { BffError } from '../errors.ts'
import { createLoginRequiredError } from '../sessions/refresh-result.ts'
import type { LoadedSession } from '../sessions/sessions.ts'
import { refreshAccess } from './access.ts'
import type { ResourceAccess, RouteRequest, RouteContext, RouteHandler } from './route-context.ts'
import { createNoSessionResponse, createSessionResponse } from './session-response.ts'
import { readTokenRequest } from './read-request.ts'

/** How callers are served: by their own sessions, or by the application's. */
export interface SessionHandlers {
  restore: RouteHandler
  signIn: RouteHandler
  signOut: RouteHandler
  token: RouteHandler
  /** Finds what a request through the proxy is sent with. */
  access: (context: RouteContext, request: RouteRequest) => Promise<ResourceAccess>
}

/**
 * The routes of a provider whose login is automatic. `authorize` is asked at every request, and nothing is remembered
 * of its answer: whom it no longer admits is out at once.
 */
export function createMachineHandlers(
  authorize: Authorize,
  application: () => Promise<LoadedSession>,
): SessionHandlers {
  return {
    /** GET session: who is asking; nobody where `authorize` admits nobody. */
    async restore(context, request) {
      const caller = await authorizeCaller(request)
      return caller ? createCallerResponse(context, caller) : createNoSessionResponse(context)
    },
    /** POST session: nothing is typed, so that it does what GET does; but who is not admitted is told so. */
    signIn: async (context, request) => createCallerResponse(context, await requireCaller(request)),
    /** DELETE session: there is nothing to end here. Who signs callers in elsewhere signs them out there. */
    signOut: async () => new Response(null, { status: 204 }),
    /** POST token: a newer token of the application, which one caller's rejected one brings for all. */
    async token(context, request) {
      const caller = await requireCaller(request)
      const { session_id, after } = await readTokenRequest(request)
      const found = await application()
      if (createCallerSession(caller, found).keys.sessionId !== session_id)
        throw createLoginRequiredError('session_changed')
      const { session } = await refreshAccess(context, found, after >= found.data.sequence)
      return createSessionResponse(context, createCallerSession(caller, session))
    },
    async access(context, request) {
      await requireCaller(request)
      return refreshAccess(context, await application())
    },
  }

  /** Who somebody is does not hang on the token: without one at the moment, the answer has none. */
  async function createCallerResponse(context: RouteContext, caller: Caller): Promise<Response> {
    const { session } = await context.refresh(await application(), false)
    return createSessionResponse(context, createCallerSession(caller, session))
  }

  async function requireCaller(request: RouteRequest): Promise<Caller> {
    const caller = await authorizeCaller(request)
    if (!caller) throw new BffError('access_denied', 'The caller is not admitted')
    return caller
  }

  /** Without the body: what a page sends to the resource server is for nobody else to read. */
  function authorizeCaller({ raw }: RouteRequest): Caller | null | Promise<Caller | null> {
    const { url, method, headers, signal } = raw
    return authorize(new Request(url, { method, headers, signal }))
  }
}
