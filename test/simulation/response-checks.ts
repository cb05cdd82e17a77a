import type { ErrorResponse, SessionResponse } from '@latchkey/wire'
import type { AuthorizationServer } from './authorization-server.ts'
import { sessionLimits } from './bff-process.ts'
import type { Clock } from './clock.ts'
import type { Journal } from './journal.ts'
import type { TokenFamily } from './token-family.ts'
import { mayHaveEnded } from './token-family.ts'

/** A request of a browser to the BFF, and its response. */
export interface CheckedResponse {
  readonly label: string
  readonly request: Request
  /** The family of the session whose cookie the request had. */
  readonly family: TokenFamily | undefined
  /** The session that the request named. */
  readonly sessionId: string | null
  readonly sentAt: number
  readonly status: number
  readonly text: string
}

/** Checks every response of the BFF against what the simulation knows. */
export interface ResponseChecks {
  /** Returns the family of the session in the response. */
  readonly checkResponse: (response: CheckedResponse) => TokenFamily | undefined
  /** Notes the reason for the end of a session that a response or a page has named. */
  readonly checkReason: (place: string, family: TokenFamily, reason: string) => void
  /** Notes that a token has been used, so that the BFF must have stored it. */
  readonly observeToken: (token: string) => void
}

/** What the clock may have moved on between a decision and its check, in milliseconds. */
const toleranceMs = 15_000

export function createResponseChecks(
  mode: 'token' | 'proxy',
  server: AuthorizationServer,
  clock: Clock,
  journal: Journal,
): ResponseChecks {
  const { violate } = journal

  const observeToken = (token: string): void => {
    const use = server.findAccessToken(token)?.use
    if (use) use.isObserved = true
  }

  function checkReason(place: string, family: TokenFamily, reason: string): void {
    const now = clock.now()
    const { causes, reasons } = family
    const isTrue: Record<string, boolean> = {
      idle: now >= family.promisedEnd,
      absolute: now >= family.startedAt + sessionLimits.absolute * 1000,
      refresh_rejected: causes.has('revoked'),
      refresh_lost: causes.has('lost') || (causes.has('revoked') && family.hasLostResponse),
      no_session: causes.has('sign-out') || causes.has('replaced'),
    }
    if (!mayHaveEnded(family, now))
      violate('no session is lost', `${place} says that ${family.id} has ended: ${reason}`)
    else if (isTrue[reason] !== true)
      violate('the reason is true', `${place} says ${reason} for ${family.id}: ${[...causes].join(', ')}`)
    if (reason === 'no_session') return
    reasons.add(reason)
    if (reasons.size > 1)
      violate(
        'the reason is the same everywhere',
        `${place} says ${[...reasons].join(', ')} for ${family.id}`,
      )
  }

  function checkSession(
    { label, request, family, sentAt }: CheckedResponse,
    { session, token }: SessionResponse,
  ): TokenFamily | undefined {
    const isSignIn = request.method === 'POST' && request.url.endsWith('/auth/session')
    if (session === null) {
      if (family && !mayHaveEnded(family, clock.now()))
        violate('no session is lost', `${label} has no session in place of ${family.id}`)
      return undefined
    }
    const { family: id } = session.user as { family: string }
    const current = server.families.find((candidate) => candidate.id === id)!
    const now = clock.now()
    if (!isSignIn && current !== family)
      violate('no token to another user', `${label} got ${id} with the cookie of ${family?.id}`)
    if (current.sessionId !== null && current.sessionId !== session.session_id)
      violate('a session keeps its id', `${label} got another id for ${id}`)
    current.sessionId = session.session_id
    if (session.expires_in !== null)
      current.promisedEnd = Math.max(current.promisedEnd, now + session.expires_in * 1000)
    if (sentAt > current.startedAt + sessionLimits.absolute * 1000 + toleranceMs)
      violate('the limits hold', `${label} got ${id} after its maximum age`)
    if (sentAt > current.lastUseAt + sessionLimits.idle * 1000 + toleranceMs)
      violate('the limits hold', `${label} got ${id} after it was idle for too long`)
    if (sentAt > current.signedOutAt) violate('a sign-out is final', `${label} got ${id} after the sign-out`)
    if (token) checkToken(label, current, token.access_token, token.sequence)
    return current
  }

  function checkToken(label: string, family: TokenFamily, value: string, sequence: number): void {
    const token = server.findAccessToken(value)
    if (token?.family !== family) return violate('no token to another user', `${label} got ${value}`)
    if (clock.now() >= token.expiresAt + toleranceMs)
      violate('no token after its end', `${label} got ${value}, which has expired`)
    const known = family.tokenBySequence.get(sequence) ?? value
    if (known !== value)
      violate('one grant a sequence', `${label} got ${value} as sequence ${sequence}, which was ${known}`)
    family.tokenBySequence.set(sequence, value)
    observeToken(value)
  }

  return {
    checkReason,
    observeToken,
    checkResponse(response) {
      const { label, family, status, text, sessionId } = response
      if (text.includes('refresh-') || (mode === 'proxy' && text.includes('access-')))
        violate('no secret in a browser', `${label} got a token that it must not have`)
      if (status === 204) return undefined
      const body = JSON.parse(text) as SessionResponse & ErrorResponse
      if (status === 200) return checkSession(response, body)
      const { error, reason = '' } = body
      if (status >= 500 && error !== 'temporarily_unavailable')
        violate('no unexpected error', `${label} got ${status} ${error}`)
      if (error !== 'login_required') return undefined
      if (reason === 'session_changed') {
        if (sessionId === null || sessionId === family?.sessionId)
          violate('the reason is true', `${label} says session_changed for its own session`)
      } else if (family) checkReason(label, family, reason)
      else if (reason !== 'no_session')
        violate('the reason is true', `${label} says ${reason} without a session`)
      return undefined
    },
  }
}
