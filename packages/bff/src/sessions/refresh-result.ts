import type { ErrorCode, LoginRequiredReason } from '@latchkey/wire'
import { BffError } from '../errors.ts'
import type { LoadedSession } from './sessions.ts'

/** A session after a refresh; `failure` says why the session still has its old token. */
export interface RefreshResult {
  session: LoadedSession
  failure: BffError | null
}

const messageByReason: Record<LoginRequiredReason, string> = {
  no_session: 'The request has no cookie of a known session',
  idle: 'The session has ended: it was unused for too long',
  absolute: 'The session has ended: it reached its maximum age',
  refresh_rejected: 'The session has ended: the authorization server rejected the refresh',
  no_refresh: 'The session has ended: its token is not valid any more and cannot be refreshed',
  refresh_lost: 'The session has ended: the response to a refresh was lost',
  session_changed: 'The browser has another session than the one in the request',
}

/** Creates the error that makes the browser sign in again. */
export function createLoginRequiredError(reason: LoginRequiredReason): BffError {
  return new BffError('login_required', messageByReason[reason], { reason })
}

/**
 * Returns a session that was loaded.
 *
 * @throws BffError `login_required` when there is a reason in its place
 */
export function assertSession(loaded: LoadedSession | LoginRequiredReason): LoadedSession {
  if (typeof loaded === 'string') throw createLoginRequiredError(loaded)
  return loaded
}

/**
 * Creates the result of a refresh that failed for the moment: the session keeps its token.
 *
 * @param retryAfter seconds
 */
export function createFailedRefresh(
  session: LoadedSession,
  code: ErrorCode,
  retryAfter: number,
): RefreshResult {
  const failure =
    code === 'server_error'
      ? new BffError(code, 'The authorization server rejected the configuration of the BFF', { status: 502 })
      : new BffError(code, 'The authorization server cannot issue a token at the moment', { retryAfter })
  return { session, failure }
}
