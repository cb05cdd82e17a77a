import type { SignInRequest } from '@latchkey/wire'
import { signInRequest } from '../wire-schemas.ts'
import type { Granting } from '../authorization-server/authorization-server.ts'
import type { Typed } from '../authorization-server/token-request.ts'
import type { PendingSignIn, Waiting } from '../sessions/challenges.ts'
import { writeCookie } from '../sessions/session-cookie.ts'
import { BffError } from '../errors.ts'
import type { IssuedToken } from '../authorization-server/token-result.ts'
import { grantNamed } from '../description/provider-description.ts'
import { heldFrom } from '../sessions/session-data.ts'
import { subjectFrom } from '../sessions/subject.ts'
import { isRefusal } from '../guards/throttle.ts'
import type { Call, House } from './route-context.ts'
import { invalid, jsonOf, ticketOf } from './read-request.ts'
import { scopeToAsk, typedFrom } from './credentials.ts'
import { sessionAnswer } from './session-response.ts'

/**
 * POST session: what a person typed, for a session under a new name. Where the authorization server asks for more, the
 * answer names what, and a second request brings it; a challenge that has run out is answered like a first request.
 */
export async function signIn(house: House, call: Call): Promise<Response> {
  if (call.url.search !== '') throw invalid('A sign-in has no query: credentials must not stand in a URL')
  const body = signInRequest.safeParse(await jsonOf(call.request))
  if (!body.success) throw invalid('The body must be { credentials: { … }, scope?: [ … ], remember?: true }')
  const { challenge: id, credentials } = body.data
  const waiting = id === undefined ? null : await house.challenges.take(id)
  const attempt =
    id === undefined || waiting === null
      ? await firstRequest(house, call, body.data)
      : await secondRequest(house, call, id, waiting, credentials)
  return sessionFrom(house, call, attempt)
}

/** A sign-in that got its token. */
interface Attempt extends Pick<PendingSignIn, 'username' | 'scope' | 'remember'> {
  typed: Typed
  token: IssuedToken
  sentAt: number
}

async function firstRequest(house: House, call: Call, body: SignInRequest): Promise<Attempt> {
  const { fields, username: name } = house.provider.login
  const typed = typedFrom(house, body.credentials, fields)
  const { clientAuth } = grantNamed(house.provider, house.provider.primary)
  if (clientAuth === 'user-basic' && typed[name]?.includes(':'))
    throw invalid(`The ${name} must have no colon, which ends it in Basic (RFC 7617 §2)`)
  const scope = scopeToAsk(house, body)
  const attempt = { username: typed[name] ?? '', scope, remember: body.remember === true }
  const outcome = await house.throttle.counted(attempt.username, call.request, async () =>
    granted(house, await house.server.signIn(typed, scope), attempt),
  )
  return { ...attempt, typed, ...outcome }
}

async function secondRequest(
  house: House,
  call: Call,
  id: string,
  { pending, left }: Waiting,
  credentials: Typed,
): Promise<Attempt> {
  const { background, challenges, provider, server, throttle } = house
  try {
    const { errors, login, primary } = provider
    const rule = errors.challenges[pending.rule]
    if (!rule) throw invalid('The challenge is none of this provider')
    const again = rule.grant === primary
    const typed = typedFrom(house, credentials, again ? { ...login.fields, ...rule.ask } : rule.ask)
    // What is sent again may name another user than the first request did.
    const attempt = { ...pending, username: (again && typed[login.username]) || pending.username }
    const outcome = await throttle.counted(attempt.username, call.request, async () => {
      const granting = await server.answer(rule, pending.carried, typed, pending.scope)
      const { judgement } = granting
      const sameAgain = judgement.kind === 'challenge' && judgement.rule === rule
      if (judgement.kind !== 'bad_credentials' && !sameAgain) return granted(house, granting, attempt)
      if (left === 0) throw refused()
      if (sameAgain) await challenges.carry(id, judgement.carried)
      throw refused({ ask: Object.keys(rule.ask), id })
    })
    background.run('Ending a challenge', () => challenges.end(id))
    return { ...attempt, typed, ...outcome }
  } catch (error) {
    if (!isRefusal(error)) background.run('Giving a try back', () => challenges.giveBack(id))
    throw error
  }
}

async function sessionFrom(house: House, call: Call, attempt: Attempt): Promise<Response> {
  const { provider, sessions, platform } = house
  const { token, sentAt, username, scope } = attempt
  const isNamed = provider.response.user !== undefined || token.user?.['sub'] !== undefined
  const data = {
    provider: house.providerKey,
    subject: subjectFrom(house.providerKey, token.user, username),
    user: isNamed ? token.user : { username, ...token.user },
    scope: token.scope ?? scope,
    askedScope: scope,
    startedAt: platform.now(),
    sequence: 1,
    ...heldFrom(token, sentAt),
    ...(token.idToken !== null && { idToken: token.idToken }),
    ...(provider.refresh.keepCredentials && { typed: attempt.typed }),
  }
  if (call.request.signal.aborted) {
    // Nobody receives the answer, so nobody could ever sign out of this session.
    house.revoke(data)
    throw invalid('The request was given up')
  }
  const { cookie, session } = await sessions.begin(data)
  house.background.run('Ending the session before', async () => {
    const before = await sessions.open(ticketOf(call))
    if (typeof before === 'string') return
    await sessions.end(before)
    // Some servers give out the same tokens again while they live.
    const again =
      before.data.accessToken === data.accessToken || (data.refreshToken ?? '') === before.data.refreshToken
    if (!again) house.revoke(before.data)
  })
  const answer = sessionAnswer(house, session)
  answer.headers.append(
    'Set-Cookie',
    writeCookie(call.cookie, cookie, attempt.remember ? house.limits.absolute : undefined),
  )
  return answer
}

async function granted(
  { logger, challenges, provider }: House,
  { judgement, sentAt }: Granting,
  attempt: Pick<PendingSignIn, 'username' | 'scope' | 'remember'>,
): Promise<{ token: IssuedToken; sentAt: number }> {
  switch (judgement.kind) {
    case 'issued':
      return { token: judgement.token, sentAt }
    case 'bad_credentials':
    case 'session_ended':
      if (judgement.hint !== undefined) logger.info(`A sign-in was refused: ${judgement.hint}`)
      throw refused()
    case 'challenge': {
      const { rule, carried } = judgement
      const { username, scope, remember } = attempt
      const place = provider.errors.challenges.indexOf(rule)
      const id = await challenges.begin({ rule: place, carried, username, scope, remember })
      const challenge = { ask: Object.keys(rule.ask), id }
      throw new BffError('challenge_required', 'The sign-in needs something more', { challenge })
    }
    case 'forbidden':
      throw new BffError('access_denied', 'The authorization server lets this user not sign in here', {
        hint: `A sign-in was refused: ${judgement.hint}`,
      })
    case 'config':
      logger.error(`A sign-in failed because of the configuration: ${judgement.hint}`)
      throw new BffError('server_error', 'The authorization server refuses this application', { status: 502 })
    case 'rate_limited':
    case 'transient':
      logger.warn(`A sign-in failed: ${judgement.hint}`)
      throw new BffError(
        judgement.kind === 'rate_limited' ? 'rate_limited' : 'temporarily_unavailable',
        'The authorization server does not sign anybody in at the moment',
        { retryAfter: judgement.retryAfter ?? 5 },
      )
  }
}

/** One answer for an unknown user, a wrong password and a locked account. */
function refused(challenge?: { ask: string[]; id: string }): BffError {
  return new BffError('invalid_credentials', 'The username or the password is wrong', {
    ...(challenge && { challenge }),
  })
}
