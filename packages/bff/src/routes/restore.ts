import { BffError } from '../errors.ts'
import type { RouteRequest, RouteContext } from './route-context.ts'
import { readSessionCookie } from './read-request.ts'
import { createNoSessionResponse, createSessionResponse } from './session-response.ts'

/**
 * GET session: who is signed in, with a token that can be used, so that a page load needs one request. Counts as use
 * unless the query has `peek`. When no token can be had right now, the answer has none: the session is alive.
 *
 * A cookie whose session is gone is not taken away here: this answer may arrive after that of a new sign-in in another
 * tab, and would take the new cookie.
 */
export async function handleRestore(context: RouteContext, request: RouteRequest): Promise<Response> {
  const found = await context.sessions.open(readSessionCookie(request))
  if (typeof found === 'string') return createNoSessionResponse(context)
  try {
    const { session } = await context.refresh(found, false)
    const used = request.url.searchParams.has('peek') ? session : await context.sessions.touch(session)
    return typeof used === 'string' ? createNoSessionResponse(context) : createSessionResponse(context, used)
  } catch (error) {
    if (error instanceof BffError && error.code === 'login_required') return createNoSessionResponse(context)
    throw error
  }
}
