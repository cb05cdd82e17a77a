import type { SessionResponse, WireToken } from '@latchkey/wire'
import { createJsonResponse } from '../errors.ts'
import { isTokenExpired, getSecondsUntil, getTokenSecondsLeft } from '../sessions/session-data.ts'
import type { LoadedSession } from '../sessions/sessions.ts'
import { getSessionEnd } from '../sessions/sessions.ts'
import type { RouteContext } from './route-context.ts'

/** Tells a browser of a session, and hands out its token while that lives. */
export function createSessionResponse(context: RouteContext, session: LoadedSession): Response {
  const { keys, data } = session
  const now = context.platform.now()
  const end = getSessionEnd(session)
  const { tokenPlacement } = context.provider.resource
  const token: WireToken = {
    access_token: data.accessToken,
    token_type: 'scheme' in tokenPlacement ? tokenPlacement.scheme : '',
    expires_in: getTokenSecondsLeft(data, now),
    sequence: data.sequence,
  }
  const response: SessionResponse = {
    session: {
      session_id: keys.sessionId,
      subject: data.subject,
      user: data.user,
      scope: data.scope,
      expires_in: Number.isFinite(end) ? getSecondsUntil(end, now) : null,
    },
    ...(context.mode === 'token' && !isTokenExpired(data, now) && { token }),
  }
  return createJsonResponse(response)
}

/** Tells a browser that nobody is signed in. */
export function createNoSessionResponse(): Response {
  return createJsonResponse({ session: null } satisfies SessionResponse)
}
