import type { TokenRequest } from '@latchkey/wire'
import { tokenRequest } from '@latchkey/wire/schemas'
import { alive, ended } from '../sessions/refreshed.ts'
import { accessOf } from './access.ts'
import type { Call, House } from './call.ts'
import { invalid, jsonOf, ticketOf } from './call.ts'
import { sessionAnswer } from './session-answer.ts'

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

/** The body of a request for a newer token. */
export async function tokenRequestOf({ request }: Call): Promise<TokenRequest> {
  const body = tokenRequest.safeParse(await jsonOf(request))
  if (!body.success) throw invalid('The body must be { session_id, after }')
  return body.data
}
