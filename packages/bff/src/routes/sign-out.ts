import { clearCookie } from '../cookie.ts'
import type { Call, House } from './call.ts'
import { ticketOf } from './call.ts'

/**
 * DELETE session: ends it here at once and gives its tokens back to the authorization server in the background. With
 * `everywhere` in the query, ends all sessions of this user; the others' tokens lie under seals that only their own
 * cookies open, so they cannot be given back.
 */
export async function signOut(house: House, call: Call): Promise<Response> {
  const found = await house.sessions.open(ticketOf(call))
  if (typeof found !== 'string') {
    if (call.url.searchParams.has('everywhere')) await house.sessions.endAll(found)
    else await house.sessions.end(found)
    house.revoke(found.data)
  }
  return new Response(null, { status: 204, headers: { 'Set-Cookie': clearCookie(call.cookie) } })
}
