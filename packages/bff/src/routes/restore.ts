import { BffError } from '../errors.ts'
import type { Call, House } from './route-context.ts'
import { ticketOf } from './read-request.ts'
import { noSessionAnswer, sessionAnswer } from './session-response.ts'

/**
 * GET session: who is signed in, with a token that can be used, so that a page load needs one request. Counts as use
 * unless the query has `peek`. When no token can be had right now, the answer has none: the session is alive.
 *
 * A cookie whose session is gone is not taken away here: this answer may arrive after that of a new sign-in in another
 * tab, and would take the new cookie.
 */
export async function restore(house: House, call: Call): Promise<Response> {
  const found = await house.sessions.open(ticketOf(call))
  if (typeof found === 'string') return noSessionAnswer()
  try {
    const { session } = await house.refresh(found, false)
    const used = call.url.searchParams.has('peek') ? session : await house.sessions.slide(session)
    return typeof used === 'string' ? noSessionAnswer() : sessionAnswer(house, used)
  } catch (error) {
    if (error instanceof BffError && error.code === 'login_required') return noSessionAnswer()
    throw error
  }
}
