import type { AuthorizationServer } from '../authorization-server/authorization-server.ts'
import type { Background } from '../background-tasks.ts'
import type { Challenges } from '../sessions/challenges.ts'
import type { SessionCookie } from '../sessions/session-cookie.ts'
import type { Logger } from '../log.ts'
import type { Platform } from '../platform.ts'
import type { Provider } from '../description/provider-description.ts'
import type { Refresh } from '../sessions/refresh.ts'
import type { Tokens } from '../authorization-server/revocation.ts'
import type { Session, SessionLimits, Sessions } from '../sessions/sessions.ts'
import type { Throttle } from '../guards/throttle.ts'

/** What every route stands on. */
export interface House {
  provider: Provider
  /** Names the provider in records and subjects. */
  providerKey: string
  mode: 'token' | 'proxy'
  limits: SessionLimits
  server: AuthorizationServer
  sessions: Sessions
  challenges: Challenges
  throttle: Throttle
  refresh: Refresh
  /** What a request to the resource server is sent with. Throws `login_required` when there is no session for it. */
  access(call: Call): Promise<Access>
  /** Gives the tokens of an ended session back, in the background. */
  revoke(tokens: Tokens): void
  background: Background
  platform: Platform
  logger: Logger
}

/** The right to ask the resource server, for one request. */
export interface Access {
  /** Whose token it is; it can be used now. */
  session: Session
  /** After the resource server has rejected the token: with another one, or `null` when there is none that is newer. */
  renewed(): Promise<Access | null>
}

/** One request to a route. */
export interface Call {
  request: Request
  url: URL
  cookie: SessionCookie
}

/** What answers one method at one path. */
export type Route = (house: House, call: Call) => Promise<Response>
