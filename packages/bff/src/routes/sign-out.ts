import { serializeExpiredCookie } from '../sessions/session-cookie.ts'
import type { RouteRequest, RouteContext } from './route-context.ts'
import { readSessionCookie } from './read-request.ts'

/**
 * DELETE session: ends it here at once and gives its tokens back to the authorization server in the background. With
 * `everywhere` in the query, ends all sessions of this user; the others' tokens lie under seals that only their own
 * cookies open, so they cannot be given back.
 *
 * With a `session_id` in the query that is not empty, ends that session only: a sign-out that comes late, because the browser was offline,
 * must not end the session of who has signed in since.
 */
export async function handleSignOut(context: RouteContext, request: RouteRequest): Promise<Response> {
  const { searchParams } = request.url
  const found = await context.sessions.open(readSessionCookie(request))
  if (typeof found !== 'string') {
    const requestedId = searchParams.get('session_id') || found.keys.sessionId
    if (requestedId !== found.keys.sessionId) return new Response(null, { status: 204 })
    if (searchParams.has('everywhere')) await context.sessions.endAllOfUser(found)
    else await context.sessions.end(found)
    context.revoke(found.data)
  }
  return new Response(null, {
    status: 204,
    headers: { 'Set-Cookie': serializeExpiredCookie(request.cookie) },
  })
}
