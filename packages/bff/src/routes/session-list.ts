import type { SessionListResponse } from '@latchkey/wire'
import { getSecondsUntil } from '../sessions/moments.ts'
import { assertSession } from '../sessions/refresh-result.ts'
import type { LoadedSession } from '../sessions/sessions.ts'
import type { RouteRequest } from '../route-request.ts'
import type { RouteResponse } from '../route-response.ts'
import { createJsonResponse } from '../route-response.ts'
import { readSessionCookie } from './read-request.ts'
import type { RouteContext } from './route-context.ts'
import { handleSignOut } from './sign-out.ts'

const noContent = (): RouteResponse => ({ status: 204, headers: {}, body: null })

/** GET sessions: lists the sessions of the user, oldest first. Does not count as use. */
export async function handleSessionList(
  context: RouteContext,
  request: RouteRequest,
): Promise<RouteResponse> {
  const { keys, data } = await loadSession(context, request)
  const sessions = await context.sessionList.list(data.subject)
  const present = context.clock.read()
  const response: SessionListResponse = {
    sessions: sessions.map(({ id, signedInAt, expiresAt }) => ({
      session_id: id,
      current: id === keys.sessionId,
      age: Math.max(0, Math.floor((present.earliest - signedInAt) / 1000)),
      expires_in: getSecondsUntil(expiresAt, present),
    })),
  }
  return createJsonResponse(response)
}

/**
 * DELETE sessions/{session_id}: ends one session of the user; the browser's own as a sign-out does. Responds in the same
 * way when there is none, so that it may be sent twice.
 */
export async function handleSessionEnd(context: RouteContext, request: RouteRequest): Promise<RouteResponse> {
  const { keys, data } = await loadSession(context, request)
  const { pathname } = request.url
  const id = pathname.slice(pathname.lastIndexOf('/') + 1)
  if (id === keys.sessionId) return handleSignOut(context, request)
  await context.sessionList.end(data.subject, id, { reason: 'ended_in_list', request })
  return noContent()
}

/** DELETE sessions: ends all other sessions of the user. */
export async function handleOtherSessionsEnd(
  context: RouteContext,
  request: RouteRequest,
): Promise<RouteResponse> {
  const { keys, data } = await loadSession(context, request)
  await context.sessionList.endOthers(data.subject, keys.sessionId, { reason: 'ended_in_list', request })
  return noContent()
}

async function loadSession(context: RouteContext, request: RouteRequest): Promise<LoadedSession> {
  return assertSession(await context.sessions.open(readSessionCookie(context, request)))
}
