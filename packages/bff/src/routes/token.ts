import { tokenRequest } from '@latchkey/wire/schemas'
import { BffError } from '../errors.ts'
import { alive, ended } from '../refreshed.ts'
import { isDead } from '../session-data.ts'
import type { Call, House } from './call.ts'
import { invalid, jsonOf, ticketOf } from './call.ts'
import { sessionAnswer } from './session-answer.ts'

/**
 * POST token: a token newer than the one held. Asking twice is safe: the second answer is the token that the first ask
 * brought. It is no use of the session: a page left open refreshes too.
 */
export async function token(house: House, call: Call): Promise<Response> {
  const body = tokenRequest.safeParse(await jsonOf(call.request))
  if (!body.success) throw invalid('The body must be { session_id, after }')
  const found = alive(await house.sessions.open(ticketOf(call)))
  if (found.ticket.sessionId !== body.data.session_id) throw ended('session_changed')

  const { session, failure } = await house.refresh(found, body.data.after >= found.data.sequence)
  if (!isDead(session.data, house.platform.now())) return sessionAnswer(house, session)
  throw (
    failure ??
    new BffError('temporarily_unavailable', 'The newest token has run out already', { retryAfter: 1 })
  )
}
