import type { SessionAnswer, WireToken } from '@latchkey/wire'
import { jsonResponse } from '../errors.ts'
import { isDead, secondsUntil, tokenSecondsLeft } from '../session-data.ts'
import type { Session } from '../sessions.ts'
import type { House } from './call.ts'

/** Tells a browser of a session, and hands out its token while that lives. */
export function sessionAnswer(house: House, { ticket, data, record }: Session): Response {
  const now = house.platform.now()
  const token: WireToken = {
    access_token: data.accessToken,
    token_type: house.provider.resource.attach.scheme,
    expires_in: tokenSecondsLeft(data, now),
    sequence: data.sequence,
  }
  const answer: SessionAnswer = {
    session: {
      session_id: ticket.sessionId,
      subject: data.subject,
      user: data.user,
      scope: data.scope,
      expires_in: secondsUntil(record.endsAt, now),
    },
    ...(house.mode === 'token' && !isDead(data, now) && { token }),
  }
  return jsonResponse(answer)
}

/** Tells a browser that nobody is signed in. */
export function noSessionAnswer(): Response {
  return jsonResponse({ session: null } satisfies SessionAnswer)
}
