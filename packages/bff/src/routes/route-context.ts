import type { SignInMethods } from '@latchkey/wire'
import type { AuthorizationServer } from '../authorization-server/authorization-server.ts'
import type { AuditLog } from '../events/audit-log.ts'
import type { BackgroundTasks } from '../background-tasks.ts'
import type { Challenges } from '../sessions/challenges.ts'
import type { SessionCookie } from '../sessions/session-cookie.ts'
import type { Instrument } from '../instrument.ts'
import type { Logger } from '../log.ts'
import type { Platform } from '../platform.ts'
import type { Provider } from '../description/provider-description.ts'
import type { Refresh } from '../sessions/refresh.ts'
import type { RevocableTokens } from '../authorization-server/revocation.ts'
import type { SessionClock } from '../sessions/moments.ts'
import type { OpenStreams, StreamOwner } from '../sessions/open-streams.ts'
import type { SessionList } from '../sessions/session-list.ts'
import type { SessionLimits } from '../sessions/session-end.ts'
import type { LoadedSession, Sessions } from '../sessions/sessions.ts'
import type { RequestUrl, RouteRequest } from '../route-request.ts'
import type { RouteResponse } from '../route-response.ts'
import type { Throttle } from '../guards/throttle.ts'

/** The parts of a BFF that its routes use. */
export interface RouteContext {
  provider: Provider
  /** Identifies the provider in records and subjects. */
  providerKey: string
  /** Whether the browser gets the access token or only the session cookie. */
  mode: 'token' | 'proxy'
  signInMethods: SignInMethods
  limits: SessionLimits
  server: AuthorizationServer
  sessions: Sessions
  sessionList: SessionList
  openStreams: OpenStreams
  challenges: Challenges
  throttle: Throttle
  audit: AuditLog
  /** Returns the name and attributes of the session cookie for a page at this URL. */
  getSessionCookie(url: RequestUrl): SessionCookie
  /** Warns of a sign-in over plain http, by the header `Origin`. */
  warnOfPlainHttp(origin: string | null): void
  refresh: Refresh
  /** Returns what the proxy sends a request with. Throws `login_required` without a session. */
  getAccess(request: RouteRequest): Promise<ResourceAccess>
  /** Revokes the tokens of an ended session, in the background. */
  revoke(tokens: RevocableTokens): void
  background: BackgroundTasks
  clock: SessionClock
  platform: Platform
  /** Measures operations. */
  instrument: Instrument | undefined
  logger: Logger
}

/** A session with a valid token, for one request to the resource server. */
export interface ResourceAccess {
  /** The session; its token is valid now. */
  session: LoadedSession
  /** Whose session ends the streams of this access. */
  owner: StreamOwner
  /** Gets a newer token after the resource server rejected this one; `null` when there is none. */
  refreshAfterRejection(): Promise<ResourceAccess | null>
}

/** Handles one method at one path. */
export type RouteHandler = (context: RouteContext, request: RouteRequest) => Promise<RouteResponse>
