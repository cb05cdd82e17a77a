import type { SignInMethods } from '@latchkey/wire'
import type { AuthorizationServer } from '../authorization-server/authorization-server.ts'
import type { BackgroundTasks } from '../background-tasks.ts'
import type { Challenges } from '../sessions/challenges.ts'
import type { SessionCookie } from '../sessions/session-cookie.ts'
import type { Logger } from '../log.ts'
import type { Platform } from '../platform.ts'
import type { Provider } from '../description/provider-description.ts'
import type { Refresh } from '../sessions/refresh.ts'
import type { RevocableTokens } from '../authorization-server/revocation.ts'
import type { LoadedSession, SessionLimits, Sessions } from '../sessions/sessions.ts'
import type { Throttle } from '../guards/throttle.ts'

/** What every route stands on. */
export interface RouteContext {
  provider: Provider
  /** Names the provider in records and subjects. */
  providerKey: string
  mode: 'token' | 'proxy'
  signInMethods: SignInMethods
  limits: SessionLimits
  server: AuthorizationServer
  sessions: Sessions
  challenges: Challenges
  throttle: Throttle
  refresh: Refresh
  /** What a request to the resource server is sent with. Throws `login_required` when there is no session for it. */
  getAccess(request: RouteRequest): Promise<ResourceAccess>
  /** Gives the tokens of an ended session back, in the background. */
  revoke(tokens: RevocableTokens): void
  background: BackgroundTasks
  platform: Platform
  logger: Logger
}

/** The right to ask the resource server, for one request. */
export interface ResourceAccess {
  /** Whose token it is; it can be used now. */
  session: LoadedSession
  /** After the resource server has rejected the token: with another one, or `null` when there is none that is newer. */
  refreshAfterRejection(): Promise<ResourceAccess | null>
}

/** One request to a route. */
export interface RouteRequest {
  raw: Request
  url: URL
  cookie: SessionCookie
}

/** What answers one method at one path. */
export type RouteHandler = (context: RouteContext, request: RouteRequest) => Promise<Response>
