import type { SessionAnswer, WireToken } from '@latchkey/wire'
import { jsonResponse } from '../errors.ts'
import { isDead, secondsUntil, tokenSecondsLeft } from '../sessions/session-data.ts'
import type { Session } from '../sessions/sessions.ts'
import { endOf } from '../sessions/sessions.ts'
import type { House } from './route-context.ts'

/** Tells a browser of a session, and hands out its token while that lives. */
export function sessionAnswer(house: House, session: Session): Response {
  const { ticket, data } = session
  const now = house.platform.now()
  const end = endOf(session)
  const { attach } = house.provider.resource
  const token: WireToken = {
    access_token: data.accessToken,
    token_type: 'scheme' in attach ? attach.scheme : '',
    expires_in: tokenSecondsLeft(data, now),
    sequence: data.sequence,
  }
  const answer: SessionAnswer = {
    session: {
      session_id: ticket.sessionId,
      subject: data.subject,
      user: data.user,
      scope: data.scope,
      expires_in: Number.isFinite(end) ? secondsUntil(end, now) : null,
    },
    ...(house.mode === 'token' && !isDead(data, now) && { token }),
  }
  return jsonResponse(answer)
}

/** Tells a browser that nobody is signed in. */
export function noSessionAnswer(): Response {
  return jsonResponse({ session: null } satisfies SessionAnswer)
}
