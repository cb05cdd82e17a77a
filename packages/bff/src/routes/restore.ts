import { BffError } from '../errors.ts'
import type { RouteRequest } from '../route-request.ts'
import type { RouteResponse } from '../route-response.ts'
import type { RouteContext } from './route-context.ts'
import { readSessionCookie } from './read-request.ts'
import { createNoSessionResponse, createSessionResponse } from './session-response.ts'

/**
 * GET session: describes the session, with a valid token, so that a page load needs one request. Counts as use unless
 * the query has `peek`. While no token can be obtained, the response has a session without a token.
 *
 * Does not delete the cookie of an ended session: this response may arrive after a new sign-in in another tab, and would
 * delete its cookie.
 */
export async function handleRestore(context: RouteContext, request: RouteRequest): Promise<RouteResponse> {
  const loaded = await context.sessions.open(readSessionCookie(context, request))
  if (typeof loaded === 'string') return createNoSessionResponse(context, loaded)
  try {
    const { session } = await context.refresh(loaded, false)
    const current = new URLSearchParams(request.url.search).has('peek')
      ? session
      : await context.sessions.touch(session)
    return typeof current === 'string'
      ? createNoSessionResponse(context, current)
      : createSessionResponse(context, current)
  } catch (error) {
    if (error instanceof BffError && error.code === 'login_required')
      return createNoSessionResponse(context, error.reason)
    throw error
  }
}
