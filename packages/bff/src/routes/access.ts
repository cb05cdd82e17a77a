import { BffError } from '../errors.ts'
import { alive } from '../sessions/refresh-result.ts'
import { isDead } from '../sessions/session-data.ts'
import type { Session } from '../sessions/sessions.ts'
import type { Access, Call, House } from './route-context.ts'
import { ticketOf } from './read-request.ts'

/**
 * The access of the session that the request's cookie names. Counts as use of the session.
 *
 * @throws BffError `login_required` when there is none, or what keeps it from getting a token that can be used
 */
export async function sessionAccess(house: House, call: Call): Promise<Access> {
  const access = await accessOf(house, alive(await house.sessions.open(ticketOf(call))))
  house.background.run('Counting a use of a session', () => house.sessions.slide(access.session))
  return access
}

/** The access of a session, refreshed when it is due, or when its token was `rejected`. */
export async function accessOf(house: House, found: Session, rejected = false): Promise<Access> {
  const { session, failure } = await house.refresh(found, rejected)
  if (!isDead(session.data, house.platform.now())) return accessNow(house, session)
  throw (
    failure ??
    new BffError('temporarily_unavailable', 'The newest token has run out already', { retryAfter: 1 })
  )
}

function accessNow(house: House, session: Session): Access {
  return {
    session,
    async renewed() {
      const next = await house.refresh(session, true)
      if (next.failure) throw next.failure
      return next.session.data.accessToken === session.data.accessToken
        ? null
        : accessNow(house, next.session)
    },
  }
}
