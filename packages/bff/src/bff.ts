import type { RouteRequest } from './route-request.ts'
import type { RouteResponse } from './route-response.ts'
import type { SessionState } from './routes/session-state.ts'
import type { SessionAdmin } from './session-admin.ts'

/** A backend-for-frontend: a web-standard request handler for its base path and its proxy routes. */
export interface Bff {
  readonly basePath: string
  /** Whether the BFF handles a path (`URL.pathname`): below its base path, or of a proxy route. */
  readonly owns: (pathname: string) => boolean
  /** Responds to a request; never throws. */
  readonly fetch: (request: Request) => Promise<Response>
  /** Responds to a request in the form that adapters of servers without web requests use; never throws. */
  readonly handle: (request: RouteRequest) => Promise<RouteResponse>
  /**
   * Reads the session of a request, for a server that renders the page: `createAuthClient({ initialState })` takes the
   * result. It refreshes no token, does not count as use of the session, and sets no cookie; call it as often as you
   * like. The request needs only its URL and its `Cookie` header.
   *
   * @throws BffError `temporarily_unavailable` when the store fails; and what `authorize` throws
   * @example
   *   const initialState = await bff.session(request)
   *   if (initialState.status === 'signed-out') return Response.redirect(new URL('/login', request.url))
   */
  readonly session: (request: Request) => Promise<SessionState>
  /** The sessions of any user, for your own code: no request of a browser reaches it. */
  readonly admin: SessionAdmin
  /**
   * Starts no more grants, and resolves when those under way are saved and other work, such as token revocation, is done:
   * within the option `timeout` and a second. Ends event streams and WebSockets at once, so that pages open them at another
   * process, and other requests of proxy routes after `timeout`. Does not close a store that you passed in.
   */
  readonly close: () => Promise<void>
}
