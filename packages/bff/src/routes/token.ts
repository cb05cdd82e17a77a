import { assertSession, createLoginRequiredError } from '../sessions/refresh-result.ts'
import { refreshToken } from './access.ts'
import type { RouteRequest } from '../route-request.ts'
import type { RouteResponse } from '../route-response.ts'
import type { RouteContext } from './route-context.ts'
import { readSessionCookie, readTokenRequest } from './read-request.ts'
import { createSessionResponse } from './session-response.ts'

/**
 * POST token: responds with a token newer than the page's. Sending it twice is safe: the second response has the token
 * that the first request obtained. Does not count as use of the session, because a page that is left open refreshes too.
 */
export async function handleToken(context: RouteContext, request: RouteRequest): Promise<RouteResponse> {
  const { session_id, after } = await readTokenRequest(context.platform, request)
  const loaded = assertSession(await context.sessions.open(readSessionCookie(context, request)))
  if (loaded.keys.sessionId !== session_id) throw createLoginRequiredError('session_changed')
  const session = await refreshToken(context, loaded, after >= loaded.data.sequence)
  return createSessionResponse(context, session)
}
