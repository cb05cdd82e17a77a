import type { SignInChallenge, SignInRequest } from '@latchkey/wire'
import { signInRequestSchema } from '../wire-schemas.ts'
import type { GrantResult } from '../authorization-server/authorization-server.ts'
import type { Credentials } from '../authorization-server/token-request.ts'
import type { PendingSignIn, PendingChallenge } from '../sessions/challenges.ts'
import { serializeSessionCookie } from '../sessions/session-cookie.ts'
import { BffError } from '../errors.ts'
import type { TokenSet } from '../authorization-server/token-result.ts'
import { getGrant } from '../description/provider-description.ts'
import { createTokenData } from '../sessions/session-data.ts'
import { deriveSubject } from '../sessions/subject.ts'
import { isInvalidCredentials } from '../guards/throttle.ts'
import type { RouteRequest, RouteContext } from './route-context.ts'
import { createInvalidRequestError, readJsonBody, readSessionCookie } from './read-request.ts'
import { resolveScope, pickCredentials } from './credentials.ts'
import { createSessionResponse } from './session-response.ts'
import { createCredentialFields } from './sign-in-methods.ts'

/**
 * POST session: what a person typed, for a session under a new name. Where the authorization server asks for more, the
 * answer names what, and a second request brings it; a challenge that has run out is answered like a first request.
 */
export async function handleSignIn(context: RouteContext, request: RouteRequest): Promise<Response> {
  if (request.url.search !== '')
    throw createInvalidRequestError('A sign-in has no query: credentials must not stand in a URL')
  const body = signInRequestSchema.safeParse(await readJsonBody(request.raw))
  if (!body.success)
    throw createInvalidRequestError('The body must be { credentials: { … }, scope?: [ … ], remember?: true }')
  const { challenge: id, credentials } = body.data
  const waiting = id === undefined ? null : await context.challenges.takeAttempt(id)
  const attempt =
    id === undefined || waiting === null
      ? await startSignIn(context, request, body.data)
      : await continueSignIn(context, request, id, waiting, credentials)
  return createSession(context, request, attempt)
}

/** A sign-in that got its token. */
interface SignInResult extends Pick<PendingSignIn, 'username' | 'scope' | 'remember'> {
  credentials: Credentials
  token: TokenSet
  sentAt: number
}

async function startSignIn(
  context: RouteContext,
  request: RouteRequest,
  body: SignInRequest,
): Promise<SignInResult> {
  const { fields, username: name } = context.provider.login
  const credentials = pickCredentials(context, body.credentials, fields)
  const { clientAuth } = getGrant(context.provider, context.provider.signInGrant)
  if (clientAuth === 'user-basic' && credentials[name]?.includes(':'))
    throw createInvalidRequestError(`The ${name} must have no colon, which ends it in Basic (RFC 7617 §2)`)
  const scope = resolveScope(context, body)
  const attempt = { username: credentials[name] ?? '', scope, remember: body.remember === true }
  const outcome = await context.throttle.run(attempt.username, request.raw, async () =>
    takeTokenSet(context, await context.server.signIn(credentials, scope), attempt),
  )
  return { ...attempt, credentials, ...outcome }
}

async function continueSignIn(
  context: RouteContext,
  request: RouteRequest,
  id: string,
  { pending, attemptsLeft }: PendingChallenge,
  credentials: Credentials,
): Promise<SignInResult> {
  const { background, challenges, provider, server, throttle } = context
  try {
    const { errors, login, signInGrant } = provider
    const rule = errors.challenges[pending.rule]
    if (!rule) throw createInvalidRequestError('The challenge is none of this provider')
    const again = rule.grant === signInGrant
    const typed = pickCredentials(
      context,
      credentials,
      again ? { ...login.fields, ...rule.fields } : rule.fields,
    )
    // What is sent again may name another user than the first request did.
    const attempt = { ...pending, username: (again && typed[login.username]) || pending.username }
    const outcome = await throttle.run(attempt.username, request.raw, async () => {
      const grantResult = await server.answerChallenge(rule, pending.continuation, typed, pending.scope)
      const { result } = grantResult
      const sameAgain = result.kind === 'challenge_required' && result.rule === rule
      if (result.kind !== 'invalid_credentials' && !sameAgain)
        return takeTokenSet(context, grantResult, attempt)
      if (attemptsLeft === 0) throw createInvalidCredentialsError()
      if (sameAgain) await challenges.setContinuation(id, result.continuation)
      throw createInvalidCredentialsError({ fields: createCredentialFields(rule.fields), id })
    })
    background.run('Ending a challenge', () => challenges.end(id))
    return { ...attempt, credentials: typed, ...outcome }
  } catch (error) {
    if (!isInvalidCredentials(error)) background.run('Giving a try back', () => challenges.returnAttempt(id))
    throw error
  }
}

async function createSession(
  context: RouteContext,
  request: RouteRequest,
  attempt: SignInResult,
): Promise<Response> {
  const { provider, sessions, platform } = context
  const { token, sentAt, username, scope } = attempt
  const isNamed = provider.response.user !== undefined || token.user?.['sub'] !== undefined
  const data = {
    provider: context.providerKey,
    subject: deriveSubject(context.providerKey, token.user, username),
    user: isNamed ? token.user : { username, ...token.user },
    scope: token.scope ?? scope,
    requestedScope: scope,
    startedAt: platform.now(),
    sequence: 1,
    ...createTokenData(token, sentAt),
    ...(token.idToken !== null && { idToken: token.idToken }),
    ...(provider.refresh.storeCredentials && { credentials: attempt.credentials }),
  }
  if (request.raw.signal.aborted) {
    // Nobody receives the answer, so nobody could ever sign out of this session.
    context.revoke(data)
    throw createInvalidRequestError('The request was given up')
  }
  const { cookie, session } = await sessions.create(data)
  context.background.run('Ending the session before', async () => {
    const before = await sessions.open(readSessionCookie(request))
    if (typeof before === 'string') return
    await sessions.end(before)
    // Some servers give out the same tokens again while they live.
    const again =
      before.data.accessToken === data.accessToken || (data.refreshToken ?? '') === before.data.refreshToken
    if (!again) context.revoke(before.data)
  })
  const response = createSessionResponse(context, session)
  response.headers.append(
    'Set-Cookie',
    serializeSessionCookie(request.cookie, cookie, attempt.remember ? context.limits.absolute : undefined),
  )
  return response
}

async function takeTokenSet(
  { logger, challenges, provider }: RouteContext,
  { result, sentAt }: GrantResult,
  attempt: Pick<PendingSignIn, 'username' | 'scope' | 'remember'>,
): Promise<{ token: TokenSet; sentAt: number }> {
  switch (result.kind) {
    case 'issued':
      return { token: result.token, sentAt }
    case 'invalid_credentials':
    case 'session_ended':
      if (result.hint !== undefined) logger.info(`A sign-in was refused: ${result.hint}`)
      throw createInvalidCredentialsError()
    case 'challenge_required': {
      const { rule, continuation } = result
      const { username, scope, remember } = attempt
      const place = provider.errors.challenges.indexOf(rule)
      const id = await challenges.create({
        rule: place,
        continuation,
        username,
        scope,
        remember,
      })
      const challenge = { fields: createCredentialFields(rule.fields), id }
      throw new BffError('challenge_required', 'The sign-in needs something more', { challenge })
    }
    case 'access_denied':
      throw new BffError('access_denied', 'The authorization server lets this user not sign in here', {
        hint: `A sign-in was refused: ${result.hint}`,
      })
    case 'configuration_error':
      logger.error(`A sign-in failed because of the configuration: ${result.hint}`)
      throw new BffError('server_error', 'The authorization server refuses this application', { status: 502 })
    case 'rate_limited':
    case 'temporarily_unavailable':
      logger.warn(`A sign-in failed: ${result.hint}`)
      throw new BffError(
        result.kind === 'rate_limited' ? 'rate_limited' : 'temporarily_unavailable',
        'The authorization server does not sign anybody in at the moment',
        { retryAfter: result.retryAfter ?? 5 },
      )
  }
}

/** One answer for an unknown user, a wrong password and a locked account. */
function createInvalidCredentialsError(challenge?: SignInChallenge): BffError {
  return new BffError('invalid_credentials', 'The username or the password is wrong', {
    ...(challenge && { challenge }),
  })
}
