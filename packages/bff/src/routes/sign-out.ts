import { serializeExpiredCookie } from '../sessions/session-cookie.ts'
import type { RouteRequest, RouteContext } from './route-context.ts'
import { readSessionCookie } from './read-request.ts'

/**
 * DELETE session: ends the session at once and revokes its tokens in the background. With `everywhere` in the query,
 * ends all sessions of this user. The tokens of the others cannot be revoked: only their own cookies unseal them.
 *
 * With a `session_id` in the query, ends only that session: a late sign-out of a browser that was offline must not end
 * the session of a user who has signed in since.
 */
export async function handleSignOut(context: RouteContext, request: RouteRequest): Promise<Response> {
  const { searchParams } = request.url
  const loaded = await context.sessions.open(readSessionCookie(request))
  if (typeof loaded !== 'string') {
    const requestedId = searchParams.get('session_id') || loaded.keys.sessionId
    if (requestedId !== loaded.keys.sessionId) return new Response(null, { status: 204 })
    if (searchParams.has('everywhere')) await context.sessions.endAllOfUser(loaded)
    else await context.sessions.end(loaded)
    context.revoke(loaded.data)
  }
  return new Response(null, {
    status: 204,
    headers: { 'Set-Cookie': serializeExpiredCookie(request.cookie) },
  })
}
