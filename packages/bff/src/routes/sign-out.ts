import { serializeExpiredCookie } from '../sessions/session-cookie.ts'
import type { RouteRequest } from '../route-request.ts'
import type { RouteResponse } from '../route-response.ts'
import type { RouteContext } from './route-context.ts'
import { readSessionCookie } from './read-request.ts'

/**
 * DELETE session: ends the session of the cookie at once and revokes its tokens in the background. With `everywhere` in
 * the query, ends all sessions of this user; the tokens of the others are sealed under their own cookies, so they cannot
 * be revoked. A session that ended by itself names its user for a day: `everywhere` then ends the other sessions.
 *
 * A `session_id` in the query that is not empty ends that session only: a sign-out that arrives late, because the browser
 * was offline, must not end the session of a user who has signed in since. It does not remove the cookie of another
 * session either: the browser may have received a later one while this request was on its way.
 */
export async function handleSignOut(context: RouteContext, request: RouteRequest): Promise<RouteResponse> {
  const searchParams = new URLSearchParams(request.url.search)
  const sessionCookie = readSessionCookie(context, request)
  const session = await context.sessions.open(sessionCookie)
  const isOpen = typeof session !== 'string'
  const requestedId = searchParams.get('session_id')
  const isEverywhere = searchParams.has('everywhere')
  if (!isOpen && isEverywhere) {
    const ended = await context.sessions.openEnded(sessionCookie)
    if (ended && (!requestedId || requestedId === ended.sessionId))
      await context.sessionList.endAll(ended.subject, { reason: 'signed_out_everywhere', request })
  }
  if (requestedId && !(isOpen && session.keys.sessionId === requestedId))
    return { status: 204, headers: {}, body: null }
  if (isOpen) {
    if (isEverywhere)
      await context.sessionList.endAll(session.data.subject, { reason: 'signed_out_everywhere', request })
    else await context.sessions.end(session, { reason: 'signed_out', request })
    context.revoke(session.data)
  }
  const cookie = serializeExpiredCookie(context.getSessionCookie(request.url))
  return { status: 204, headers: { 'set-cookie': cookie }, body: null }
}
