import type { LoginRequiredReason, SignInMethods } from '@latchkey/wire'
import { isTokenOver } from '../sessions/moments.ts'
import type { SessionData } from '../sessions/session-data.ts'
import { removeTokens } from '../token-removal.ts'
import { readSessionCookie } from './read-request.ts'
import type { RouteRequest } from '../route-request.ts'
import type { RouteContext } from './route-context.ts'

/**
 * The session of a request, for a server that renders the page: the `initialState` of `createAuthClient` in
 * `@latchkey/core`. It is JSON, and contains no token.
 */
export type SessionState = {
  /** How users sign in, for a sign-in form in the HTML. */
  readonly signInMethods: SignInMethods
} & (
  | {
      readonly status: 'signed-in'
      readonly session: {
        /** Identifies the session. Not a secret, and new at every sign-in. */
        readonly id: string
        /** Identifies the user: the same after every sign-in of that user. */
        readonly subject: string
        /** The user as the page gets it, before its schema parses it. */
        readonly user: Record<string, unknown> | null
        /** The granted scopes. */
        readonly scope: readonly string[]
      }
    }
  | {
      readonly status: 'signed-out'
      readonly session: null
      /** Why the session ended; `no_session` when there was none. */
      readonly reason: LoginRequiredReason
    }
)

/** Describes the session of a request. It only reads: no refresh, no use of the session, no write to the store. */
export async function readSessionState(context: RouteContext, request: RouteRequest): Promise<SessionState> {
  const loaded = await context.sessions.peek(readSessionCookie(context, request))
  if (typeof loaded === 'string') return createSignedOutState(context, loaded)
  const { keys, data } = loaded
  return isTokenOver(data, context.clock.read()) && !context.server.canRefresh(data)
    ? createSignedOutState(context, 'no_refresh')
    : createSignedInState(context, keys.sessionId, data)
}

export function createSignedInState(
  { signInMethods }: RouteContext,
  id: string,
  { subject, user, scope, accessToken, refreshToken, idToken }: SessionData,
): SessionState {
  // Also the access token: HTML is stored in more places than a response that nothing may cache.
  const secrets = [accessToken, refreshToken, idToken]
  return {
    status: 'signed-in',
    session: { id, subject, user: removeTokens(user, secrets), scope: removeTokens(scope, secrets) },
    signInMethods,
  }
}

export function createSignedOutState(
  { signInMethods }: RouteContext,
  reason: LoginRequiredReason,
): SessionState {
  return { status: 'signed-out', session: null, reason, signInMethods }
}
