import { createHash } from 'node:crypto'
import type { SignInRequest } from '@latchkey/wire'
import { signInRequest } from '@latchkey/wire/schemas'
import { writeCookie } from '../cookie.ts'
import { BffError } from '../errors.ts'
import type { Granting } from '../authorization-server.ts'
import type { IssuedToken } from '../token-response.ts'
import type { Call, House } from './call.ts'
import { invalid, jsonOf, ticketOf } from './call.ts'
import { sessionAnswer } from './session-answer.ts'

/** POST session: what a person typed, for a session under a new name. */
export async function signIn(house: House, call: Call): Promise<Response> {
  const { provider, sessions, platform } = house
  if (call.url.search !== '') throw invalid('A sign-in has no query: credentials must not stand in a URL')
  const body = signInRequest.safeParse(await jsonOf(call.request))
  if (!body.success) throw invalid('The body must be { credentials: { … }, scope?: [ … ], remember?: true }')
  const { credentials, remember } = body.data
  const fault = credentialsFault(house, credentials)
  if (fault !== null) throw invalid(fault)
  const scope = scopeToAsk(house, body.data)

  const { token, sentAt } = granted(house, await house.server.password(credentials, scope))
  const { username = '' } = credentials
  const data = {
    provider: house.providerKey,
    subject: subjectFrom(house.providerKey, token.user, username),
    user: token.user ?? (provider.response.user === undefined ? { username } : null),
    scope: token.scope ?? scope,
    startedAt: platform.now(),
    sequence: 1,
    accessToken: token.accessToken,
    issuedAt: sentAt,
    lifetime: token.lifetime,
    refreshToken: provider.refresh.mode === 'refresh_token' ? token.refreshToken : null,
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
    house.revoke(before.data)
  })
  const answer = sessionAnswer(house, session)
  answer.headers.append(
    'Set-Cookie',
    writeCookie(call.cookie, cookie, remember ? house.limits.absolute : undefined),
  )
  return answer
}

function credentialsFault({ provider }: House, credentials: Record<string, string>): string | null {
  const { fields } = provider.login
  if (Object.keys(credentials).some((name) => !Object.hasOwn(fields, name)))
    return `The credentials may hold ${Object.keys(fields).join(', ')} only`
  for (const [name, { optional }] of Object.entries(fields)) {
    const typed = Object.hasOwn(credentials, name) ? credentials[name] : undefined
    if (!optional && (typed ?? '') === '') return `The credentials need a ${name}`
    // RFC 6749 appendix A.15 and A.16; half a character cannot be sent as UTF-8.
    if (typed !== undefined && /[\r\n]|\p{Surrogate}/u.test(typed))
      return `The ${name} has a character it cannot have`
  }
  return null
}

/** What a page asks for, within what the description allows; an order of the same values is no other scope. */
function scopeToAsk({ provider }: House, { scope }: SignInRequest): string[] {
  const { default: usual, allowed = usual } = provider.grants.password.scope
  if (scope === undefined) return usual
  if (!scope.every((value) => allowed.includes(value)))
    throw invalid('The scope holds what may not be asked for')
  return [...new Set(scope)]
}

function granted({ logger }: House, { judgement, sentAt }: Granting): { token: IssuedToken; sentAt: number } {
  switch (judgement.kind) {
    case 'issued':
      return { token: judgement.token, sentAt }
    case 'bad_credentials':
    case 'session_ended':
      // One answer for an unknown user, a wrong password and a locked account.
      throw new BffError('invalid_credentials', 'The username or the password is wrong')
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

/** The same for every sign-in of one user, and nothing can be read out of it but by who knows the user's name. */
function subjectFrom(providerKey: string, user: Record<string, unknown> | null, username: string): string {
  const id = user?.['sub'] ?? user?.['id']
  const who = typeof id === 'string' || typeof id === 'number' ? ['id', String(id)] : ['username', username]
  return createHash('sha256')
    .update(JSON.stringify([providerKey, ...who]))
    .digest('base64url')
}
