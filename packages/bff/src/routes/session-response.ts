import type { LoginRequiredReason, SessionResponse, WireToken } from '@latchkey/wire'
import type { ResponseHeaders, RouteResponse } from '../route-response.ts'
import { createJsonResponse } from '../route-response.ts'
import { removeTokens } from '../token-removal.ts'
import { isTokenExpired, getSecondsUntil, getTokenSecondsLeft } from '../sessions/moments.ts'
import type { LoadedSession } from '../sessions/sessions.ts'
import { getSessionEnd } from '../sessions/session-end.ts'
import type { RouteContext } from './route-context.ts'

/** Creates the response that describes a session; in token mode it contains the token while that is valid. */
export function createSessionResponse(
  context: RouteContext,
  session: LoadedSession,
  headers: ResponseHeaders = {},
): RouteResponse {
  const { keys, data } = session
  const present = context.clock.read()
  const expiresAt = getSessionEnd(session)
  const { tokenPlacement } = context.provider.resource
  const token: WireToken = {
    access_token: data.accessToken,
    token_type: 'scheme' in tokenPlacement ? tokenPlacement.scheme : '',
    expires_in: getTokenSecondsLeft(data, present),
    sequence: data.sequence,
  }
  // The grant has removed the tokens of the sign-in; this compares with those of now.
  const secrets = [data.refreshToken, data.idToken, context.mode === 'proxy' ? data.accessToken : null]
  const response: SessionResponse = {
    session: {
      session_id: keys.sessionId,
      subject: data.subject,
      user: removeTokens(data.user, secrets),
      scope: removeTokens(data.scope, secrets),
      expires_in: Number.isFinite(expiresAt) ? getSecondsUntil(expiresAt, present) : null,
    },
    ...(context.mode === 'token' && !isTokenExpired(data, present) && { token }),
    mode: context.mode,
    sign_in: context.signInMethods,
  }
  return createJsonResponse(response, 200, headers)
}

/** Creates the response for a browser without a session; it says how to sign in, and why the session ended. */
export function createNoSessionResponse(
  { mode, signInMethods }: RouteContext,
  reason: LoginRequiredReason = 'no_session',
): RouteResponse {
  const response: SessionResponse = {
    session: null,
    mode,
    sign_in: signInMethods,
    ...(reason !== 'no_session' && { reason }),
  }
  return createJsonResponse(response)
}
