import { BffError } from '../errors.ts'
import { assertSession } from '../sessions/refresh-result.ts'
import { isTokenExpired } from '../sessions/moments.ts'
import type { StreamOwner } from '../sessions/open-streams.ts'
import type { LoadedSession } from '../sessions/sessions.ts'
import type { RouteRequest } from '../route-request.ts'
import type { ResourceAccess, RouteContext } from './route-context.ts'
import { readSessionCookie } from './read-request.ts'

/**
 * Returns the access of the session in the request's cookie, and counts as use of that session.
 *
 * @throws BffError `login_required` without a session; the error of the refresh when there is no valid token
 */
export async function getSessionAccess(
  context: RouteContext,
  request: RouteRequest,
): Promise<ResourceAccess> {
  const session = assertSession(await context.sessions.open(readSessionCookie(context, request)))
  const current = await refreshToken(context, session)
  if (context.sessions.isTouchDue(current))
    context.background.run('Idle limit update', () => context.sessions.touch(current))
  return createAccess(context, current, createSessionOwner(context, session))
}

/**
 * Returns the access of a session, after a refresh when that is due.
 *
 * @throws BffError when there is no valid token
 */
export async function refreshAccess(
  context: RouteContext,
  loaded: LoadedSession,
  owner: StreamOwner,
): Promise<ResourceAccess> {
  return createAccess(context, await refreshToken(context, loaded), owner)
}

/**
 * Returns a session with a valid token, after a refresh when that is due or when the token was `rejected`.
 *
 * @throws BffError when there is no valid token
 */
export async function refreshToken(
  context: RouteContext,
  loaded: LoadedSession,
  rejected = false,
): Promise<LoadedSession> {
  const { session, failure } = await context.refresh(loaded, rejected)
  if (!isTokenExpired(session.data, context.clock.read())) return session
  throw (
    failure ??
    new BffError(
      'temporarily_unavailable',
      'The authorization server issued a token that had already expired',
      { retryAfter: 1 },
    )
  )
}

/** A session owns its streams until the store has no valid record of it. */
function createSessionOwner({ sessions }: RouteContext, session: LoadedSession): StreamOwner {
  return {
    key: session.keys.storeKey,
    subject: session.data.subject,
    async findEndReason() {
      const current = await sessions.reload(session)
      return typeof current === 'string' ? current : null
    },
  }
}

function createAccess(context: RouteContext, session: LoadedSession, owner: StreamOwner): ResourceAccess {
  return {
    session,
    owner,
    async refreshAfterRejection() {
      const next = await context.refresh(session, true)
      if (next.failure) throw next.failure
      return next.session.data.accessToken === session.data.accessToken
        ? null
        : createAccess(context, next.session, owner)
    },
  }
}
