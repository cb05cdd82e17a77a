import type { SignInChallenge, SignInRequest } from '@latchkey/wire'
import { signInRequestSchema } from '../wire-schemas.ts'
import type { GrantResult } from '../authorization-server/authorization-server.ts'
import type { Credentials } from '../authorization-server/token-request.ts'
import type { PendingSignIn, PendingChallenge } from '../sessions/challenges.ts'
import {
  deviceByteLength,
  parseDeviceCookie,
  serializeDeviceCookie,
  serializeSessionCookie,
} from '../sessions/session-cookie.ts'
import { BffError } from '../errors.ts'
import type { TokenSet } from '../authorization-server/token-result.ts'
import { getGrant } from '../description/provider-description.ts'
import { assertNotClosing } from '../background-tasks.ts'
import type { SessionData } from '../sessions/session-data.ts'
import { createTokenData } from '../sessions/session-data.ts'
import type { LoadedSession } from '../sessions/sessions.ts'
import { assertUserSize } from '../sessions/user-size.ts'
import { deriveSubject } from '../sessions/subject.ts'
import type { SignInSource } from '../guards/sign-in-keys.ts'
import { isInvalidCredentials } from '../guards/throttle.ts'
import type { RouteRequest } from '../route-request.ts'
import type { RouteResponse } from '../route-response.ts'
import type { RouteContext } from './route-context.ts'
import { createInvalidRequestError, readJsonBody, readSessionCookie } from './read-request.ts'
import { resolveScope, pickCredentials } from './credentials.ts'
import { createSessionResponse } from './session-response.ts'
import { createCredentialFields } from './sign-in-methods.ts'

/**
 * POST session: signs in with credentials and creates a session with a new id. When the authorization server needs
 * further credentials, the response is `challenge_required` and names them; a second request sends them. A request for
 * an expired or unknown challenge is treated as a first request.
 */
export async function handleSignIn(context: RouteContext, request: RouteRequest): Promise<RouteResponse> {
  assertNotClosing(context.background)
  return context.background.track(signIn(context, request))
}

async function signIn(context: RouteContext, request: RouteRequest): Promise<RouteResponse> {
  context.warnOfPlainHttp(request.getHeader('origin'))
  if (request.url.search !== '')
    throw createInvalidRequestError('The URL of a sign-in must have no query: credentials belong in the body')
  const body = signInRequestSchema.safeParse(await readJsonBody(context.platform, request))
  if (!body.success)
    throw createInvalidRequestError(
      'The request body must be { credentials: { … }, scope?: [ … ], remember?: true, challenge?: "…" }',
    )
  const { challenge: id, credentials } = body.data
  const device = readDevice(context, request)
  const client = { address: request.address, device: Buffer.from(device).toString('base64url') }
  const challenge = id === undefined ? null : await context.challenges.takeAttempt(id)
  const result =
    id === undefined || challenge === null
      ? await startSignIn(context, client, body.data)
      : await continueSignIn(context, client, id, challenge, credentials)
  return createSession(context, request, device, result)
}

/** A successful sign-in. */
interface SignInResult extends Pick<PendingSignIn, 'username' | 'scope' | 'remember'> {
  credentials: Credentials
  token: TokenSet
  /** When the token request was sent, in milliseconds since 1970. */
  sentAt: number
}

/** Reads the name of the browser, or creates one. */
function readDevice(context: RouteContext, request: RouteRequest): Uint8Array {
  const cookie = context.getSessionCookie(request.url)
  return (
    parseDeviceCookie(cookie, request.getHeader('cookie')) ?? context.platform.randomBytes(deviceByteLength)
  )
}

type Client = Pick<SignInSource, 'address' | 'device'>

async function startSignIn(
  context: RouteContext,
  client: Client,
  body: SignInRequest,
): Promise<SignInResult> {
  const { fields, username: usernameField } = context.provider.login
  const credentials = pickCredentials(context, body.credentials, fields)
  const { clientAuth } = getGrant(context.provider, context.provider.signInGrant)
  if (clientAuth === 'user-basic' && credentials[usernameField]?.includes(':'))
    throw createInvalidRequestError(`Credential ${usernameField}: a colon is not allowed (RFC 7617 §2)`)
  const scope = resolveScope(context, body)
  const attempt = { username: credentials[usernameField] ?? '', scope, remember: body.remember === true }
  const source = { ...client, username: attempt.username }
  const tokens = await context.throttle.run(source, async () =>
    takeTokenSet(context, await context.server.signIn(credentials, scope), attempt),
  )
  return { ...attempt, credentials, ...tokens }
}

async function continueSignIn(
  context: RouteContext,
  client: Client,
  id: string,
  { pending, attemptsLeft }: PendingChallenge,
  input: Record<string, string>,
): Promise<SignInResult> {
  const { background, challenges, provider, server, throttle } = context
  try {
    const { errors, login, signInGrant } = provider
    const rule = errors.challenges[pending.rule]
    if (!rule) throw createInvalidRequestError('The challenge is unknown: sign in again')
    const repeatsSignIn = rule.grant === signInGrant
    const fields = repeatsSignIn ? { ...login.fields, ...rule.fields } : rule.fields
    const credentials = pickCredentials(context, input, fields)
    // The second request may name another user than the first one did.
    const username = (repeatsSignIn && credentials[login.username]) || pending.username
    const attempt = { ...pending, username }
    const tokens = await throttle.run({ ...client, username }, async () => {
      const grantResult = await server.answerChallenge(rule, pending.continuation, credentials, pending.scope)
      const { result } = grantResult
      const isSameChallenge = result.kind === 'challenge_required' && result.rule === rule
      if (result.kind !== 'invalid_credentials' && !isSameChallenge)
        return takeTokenSet(context, grantResult, attempt)
      if (attemptsLeft === 0) throw createInvalidCredentialsError()
      if (isSameChallenge) await challenges.setContinuation(id, result.continuation)
      throw createInvalidCredentialsError({ fields: createCredentialFields(rule.fields), id })
    })
    background.run('Challenge removal', () => challenges.end(id))
    return { ...attempt, credentials, ...tokens }
  } catch (error) {
    if (!isInvalidCredentials(error)) background.run('Challenge update', () => challenges.returnAttempt(id))
    throw error
  }
}

async function createSession(
  context: RouteContext,
  request: RouteRequest,
  device: Uint8Array,
  { token, sentAt, username, scope, remember, credentials }: SignInResult,
): Promise<RouteResponse> {
  const { provider, sessions, clock } = context
  const hasUser = provider.response.user !== undefined || token.user?.['sub'] !== undefined
  const data = {
    provider: context.providerKey,
    subject: deriveSubject(context.providerKey, token.user, username),
    user: hasUser ? token.user : { username, ...token.user },
    scope: token.scope ?? scope,
    requestedScope: scope,
    startedAt: clock.read().latest,
    sequence: 1,
    ...createTokenData(token, sentAt),
    ...(token.idToken !== null && { idToken: token.idToken }),
    ...(provider.refresh.storeCredentials && { credentials }),
  }
  const { cookie, session } = await createSessionOrRevoke(context, request, data)
  context.audit.record(
    { type: 'sign_in.succeeded', session_id: session.keys.sessionId, subject: data.subject },
    request,
  )
  context.background.run('Removal of the previous session', async () => {
    const previous = await sessions.open(readSessionCookie(context, request))
    if (typeof previous === 'string') return
    await sessions.end(previous, { reason: 'replaced', request })
    // Some servers issue the same tokens again while they are valid.
    const hasSameTokens =
      previous.data.accessToken === data.accessToken ||
      (data.refreshToken ?? '') === previous.data.refreshToken
    if (!hasSameTokens) context.revoke(previous.data)
  })
  const sessionCookie = context.getSessionCookie(request.url)
  const maxAge = remember ? context.limits.absolute : undefined
  return createSessionResponse(context, session, {
    'set-cookie': [
      serializeSessionCookie(sessionCookie, cookie, maxAge),
      ...(context.throttle.usesDevices ? [serializeDeviceCookie(sessionCookie, device)] : []),
    ],
  })
}

/** Revokes the tokens when the session is not saved, or when the browser leaves: no sign-out could ever end it then. */
async function createSessionOrRevoke(
  context: RouteContext,
  request: RouteRequest,
  data: SessionData,
): Promise<{ cookie: Uint8Array; session: LoadedSession }> {
  try {
    assertConnected(request)
    assertUserSize(data)
    const created = await context.sessions.create(data)
    if (request.isDisconnected) await context.sessions.end(created.session, null)
    assertConnected(request)
    return created
  } catch (error) {
    context.revoke(data)
    throw error
  }
}

function assertConnected(request: RouteRequest): void {
  if (request.isDisconnected) throw createInvalidRequestError('The client aborted the request')
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
      if (result.hint !== undefined) logger.info(`Sign-in rejected: ${result.hint}`)
      throw createInvalidCredentialsError()
    case 'challenge_required': {
      const { rule, continuation } = result
      const { username, scope, remember } = attempt
      const index = provider.errors.challenges.indexOf(rule)
      const id = await challenges.create({ rule: index, continuation, username, scope, remember })
      const challenge = { fields: createCredentialFields(rule.fields), id }
      throw new BffError('challenge_required', 'The sign-in needs further credentials', { challenge })
    }
    case 'access_denied':
      throw new BffError(
        'access_denied',
        'The authorization server does not allow this user to sign in here',
        {
          hint: `Sign-in rejected with 403: ${result.hint}`,
        },
      )
    case 'configuration_error':
      throw new BffError('server_error', 'The authorization server rejected the configuration of the BFF', {
        status: 502,
        hint: `Sign-in failed with 502 because of the configuration: ${result.hint}`,
      })
    case 'rate_limited':
    case 'temporarily_unavailable':
      throw new BffError(result.kind, 'The authorization server cannot sign users in at the moment', {
        retryAfter: result.retryAfter ?? 5,
        isResponseLost: result.isResponseLost,
        hint: `Sign-in failed with ${result.kind === 'rate_limited' ? 429 : 503}: ${result.hint}`,
      })
  }
}

/** Creates the same error for an unknown user, a wrong password and a locked account. */
function createInvalidCredentialsError(challenge?: SignInChallenge): BffError {
  return new BffError('invalid_credentials', 'The credentials are wrong', {
    ...(challenge && { challenge }),
  })
}
