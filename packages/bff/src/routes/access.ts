import { BffError } from '../errors.ts'
import { assertSession } from '../sessions/refresh-result.ts'
import { isTokenExpired } from '../sessions/session-data.ts'
import type { LoadedSession } from '../sessions/sessions.ts'
import type { ResourceAccess, RouteRequest, RouteContext } from './route-context.ts'
import { readSessionCookie } from './read-request.ts'

/**
 * The access of the session that the request's cookie names. Counts as use of the session.
 *
 * @throws BffError `login_required` when there is none, or what keeps it from getting a token that can be used
 */
export async function getSessionAccess(
  context: RouteContext,
  request: RouteRequest,
): Promise<ResourceAccess> {
  const access = await refreshAccess(
    context,
    assertSession(await context.sessions.open(readSessionCookie(request))),
  )
  context.background.run('Counting a use of a session', () => context.sessions.touch(access.session))
  return access
}

/** The access of a session, refreshed when it is due, or when its token was `rejected`. */
export async function refreshAccess(
  context: RouteContext,
  found: LoadedSession,
  rejected = false,
): Promise<ResourceAccess> {
  const { session, failure } = await context.refresh(found, rejected)
  if (!isTokenExpired(session.data, context.platform.now())) return createAccess(context, session)
  throw (
    failure ??
    new BffError('temporarily_unavailable', 'The newest token has run out already', { retryAfter: 1 })
  )
}

function createAccess(context: RouteContext, session: LoadedSession): ResourceAccess {
  return {
    session,
    async refreshAfterRejection() {
      const next = await context.refresh(session, true)
      if (next.failure) throw next.failure
      return next.session.data.accessToken === session.data.accessToken
        ? null
        : createAccess(context, next.session)
    },
  }
}
