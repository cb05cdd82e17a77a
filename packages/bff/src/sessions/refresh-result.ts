import type { ErrorCode, LoginRequiredReason } from '@latchkey/wire'
import { BffError } from '../errors.ts'
import { messageByReason } from './session-end.ts'
import type { LoadedSession } from './sessions.ts'

/** A session after a refresh; `failure` says why the session still has its old token. */
export interface RefreshResult {
  session: LoadedSession
  failure: BffError | null
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
