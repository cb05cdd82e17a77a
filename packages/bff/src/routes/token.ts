import { assertSession, createLoginRequiredError } from '../sessions/refresh-result.ts'
import { refreshAccess } from './access.ts'
import type { RouteRequest, RouteContext } from './route-context.ts'
import { readSessionCookie, readTokenRequest } from './read-request.ts'
import { createSessionResponse } from './session-response.ts'

/**
 * POST token: a token newer than the one held. Asking twice is safe: the second answer is the token that the first ask
 * brought. It is no use of the session: a page left open refreshes too.
 */
export async function handleToken(context: RouteContext, request: RouteRequest): Promise<Response> {
  const { session_id, after } = await readTokenRequest(request)
  const found = assertSession(await context.sessions.open(readSessionCookie(request)))
  if (found.keys.sessionId !== session_id) throw createLoginRequiredError('session_changed')
  const { session } = await refreshAccess(context, found, after >= found.data.sequence)
  return createSessionResponse(context, session)
}
