import { alive, ended } from '../sessions/refresh-result.ts'
import { accessOf } from './access.ts'
import type { Call, House } from './route-context.ts'
import { ticketOf, tokenRequestOf } from './read-request.ts'
import { sessionAnswer } from './session-response.ts'

/**
 * POST token: a token newer than the one held. Asking twice is safe: the second answer is the token that the first ask
 * brought. It is no use of the session: a page left open refreshes too.
 */
export async function token(house: House, call: Call): Promise<Response> {
  const { session_id, after } = await tokenRequestOf(call)
  const found = alive(await house.sessions.open(ticketOf(call)))
  if (found.ticket.sessionId !== session_id) throw ended('session_changed')
  const { session } = await accessOf(house, found, after >= found.data.sequence)
  return sessionAnswer(house, session)
}
