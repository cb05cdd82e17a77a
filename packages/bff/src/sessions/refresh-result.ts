import type { ErrorCode, LoginReason } from '@latchkey/wire'
import { BffError } from '../errors.ts'
import type { Session } from './sessions.ts'

/** A session after a refresh was wanted; `failure` tells why it still holds the token it had. */
export interface Refreshed {
  session: Session
  failure: BffError | null
}

/** The error that tells a browser to sign in again. */
export function ended(reason: LoginReason): BffError {
  return new BffError('login_required', 'There is no session, or it has ended', { reason })
}

/** The session that was found; throws {@link ended} when there is none. */
export function alive(found: Session | LoginReason): Session {
  if (typeof found === 'string') throw ended(found)
  return found
}

/** The session as it is, since no newer token could be had; `retryAfter` in seconds. */
export function unrefreshed(session: Session, code: ErrorCode, retryAfter: number): Refreshed {
  const failure =
    code === 'server_error'
      ? new BffError(code, 'The authorization server refuses this application', { status: 502 })
      : new BffError(code, 'The authorization server cannot issue a token at the moment', { retryAfter })
  return { session, failure }
}
