import type { Authorize, Caller, MachineSession } from '../sessions/machine-session.ts'
import { createCallerData, createCallerSession, deriveCallerSessionId } from '../sessions/machine-session.ts'
import { BffError } from '../errors.ts'
import { createLoginRequiredError } from '../sessions/refresh-result.ts'
import type { StreamOwner } from '../sessions/open-streams.ts'
import { refreshAccess, refreshToken } from './access.ts'
import type { RouteRequest } from '../route-request.ts'
import type { RouteResponse } from '../route-response.ts'
import type { ResourceAccess, RouteContext, RouteHandler } from './route-context.ts'
import { createNoSessionResponse, createSessionResponse } from './session-response.ts'
import { readTokenRequest } from './read-request.ts'
import type { SessionState } from './session-state.ts'
import { createSignedInState, createSignedOutState } from './session-state.ts'

/** The handlers of session routes: for users with sessions of their own, or for callers that share a machine token. */
export interface SessionHandlers {
  restore: RouteHandler
  signIn: RouteHandler
  signOut: RouteHandler
  token: RouteHandler
  /** The sessions of the user; absent where callers share one. */
  sessions?: { list: RouteHandler; end: RouteHandler; endOthers: RouteHandler }
  /** Returns what the proxy sends a request with. */
  access: (context: RouteContext, request: RouteRequest) => Promise<ResourceAccess>
  /** Describes the session for a server that renders the page. */
  readState: (context: RouteContext, request: RouteRequest) => Promise<SessionState>
}

/**
 * Creates the handlers for a provider whose login is automatic. `authorize` runs on every request. Its result is not
 * cached, so a caller that it rejects loses access at once.
 */
export function createMachineHandlers(authorize: Authorize, { load, peek }: MachineSession): SessionHandlers {
  return {
    /** GET session: describes the caller; no session for callers that `authorize` rejects. */
    async restore(context, request) {
      const caller = await authorizeCaller(request)
      return caller ? createCallerResponse(context, caller) : createNoSessionResponse(context)
    },
    /** POST session: needs no credentials and responds like GET, but callers that `authorize` rejects get 403. */
    signIn: async (context, request) =>
      createCallerResponse(context, requireCaller(await authorizeCaller(request))),
    /** DELETE session: ends nothing here. The application that signed the caller in signs it out. */
    signOut: async () => ({ status: 204, headers: {}, body: null }),
    /** POST token: a newer machine token, which all callers share. */
    async token(context, request) {
      const caller = requireCaller(await authorizeCaller(request))
      const { session_id, after } = await readTokenRequest(context.platform, request)
      const machineSession = await load()
      if (createCallerSession(caller, machineSession).keys.sessionId !== session_id)
        throw createLoginRequiredError('session_changed')
      const session = await refreshToken(context, machineSession, after >= machineSession.data.sequence)
      return createSessionResponse(context, createCallerSession(caller, session))
    },
    async access(context, request) {
      const webRequest = request.toWebRequest()
      const caller = requireCaller(await authorize(webRequest))
      return refreshAccess(context, await load(), createCallerOwner(webRequest, caller))
    },
    async readState(context, request) {
      const caller = await authorizeCaller(request)
      if (!caller) return createSignedOutState(context, 'no_session')
      const data = await peek()
      return createSignedInState(context, deriveCallerSessionId(caller, data), createCallerData(caller, data))
    },
  }

  /** Describes the caller even while there is no machine token; the response has no token then. */
  async function createCallerResponse(context: RouteContext, caller: Caller): Promise<RouteResponse> {
    const { session } = await context.refresh(await load(), false)
    return createSessionResponse(context, createCallerSession(caller, session))
  }

  /** The caller's session is the application's, which only `authorize` knows: it is called again for each stream. */
  function createCallerOwner(webRequest: Request, { subject }: Caller): StreamOwner {
    return {
      key: webRequest,
      subject,
      async findEndReason() {
        const caller = await authorize(webRequest)
        return caller?.subject === subject ? null : 'no_session'
      },
    }
  }

  function requireCaller(caller: Caller | null): Caller {
    if (!caller) throw new BffError('access_denied', 'The function authorize rejected this caller')
    return caller
  }

  /** Passes the request without its body, which is meant for the resource server only. */
  function authorizeCaller(request: RouteRequest): Caller | null | Promise<Caller | null> {
    return authorize(request.toWebRequest())
  }
}
