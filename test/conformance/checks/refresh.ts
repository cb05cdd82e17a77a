import type { BffClient } from '../../support/bff-client.ts'
import type { Check } from '../check.ts'
import {
  assertHolds,
  CheckSkippedError,
  describeError,
  describeExchange,
  getErrorCode,
  hasToken,
  isError,
  readErrorResponse,
  readSession,
} from '../finding.ts'
import type { CheckContext, SignedInClient } from '../check-context.ts'
import {
  fetchUserinfoStatus,
  getLastTokenRequest,
  listTokenRequests,
  refreshDirectly,
} from '../check-context.ts'

export const refresh: Check = {
  name: 'refresh',
  async run(context) {
    const { server } = context
    const signedIn = await signInWithRefreshToken(context)
    const { bffClient, session, token, refreshToken } = signedIn
    const acceptsFirstToken =
      server.userinfoUrl !== null && (await fetchUserinfoStatus(server, token.access_token)) === 200
    expireToken(signedIn)
    const next = await readSession(await requestToken(signedIn, 1))
    const first = getLastTokenRequest(bffClient)
    assertHolds(next.token?.sequence === 2, `the second token has sequence ${next.token?.sequence}`)
    assertHolds(next.session?.session_id === session.session_id, 'the refresh changed the session')
    assertHolds(
      next.token.access_token === first?.body['access_token'],
      'the page did not get the token that the server issued',
    )
    assertHolds(
      first.form.get('refresh_token') === refreshToken,
      'the first refresh did not send the refresh token of the sign-in',
    )
    if (acceptsFirstToken) {
      const status = await fetchUserinfoStatus(server, next.token.access_token)
      assertHolds(
        status === 200,
        `userinfo responded to the first token with 200 and to the second with ${status}`,
      )
    }

    expireToken(signedIn)
    const response = await requestToken(signedIn, 2)
    const second = getLastTokenRequest(bffClient)
    const rotatedToken = first.body['refresh_token']
    const newestToken = typeof rotatedToken === 'string' && rotatedToken !== '' ? rotatedToken : refreshToken
    assertHolds(
      second?.form.get('refresh_token') === newestToken,
      'the second refresh did not send the newest refresh token',
    )
    if (hasToken(second)) {
      const { sequence } = (await readSession(response)).token ?? {}
      assertHolds(sequence === 3, `the third token has sequence ${sequence}`)
    }
    if (!hasToken(second) && newestToken === refreshToken)
      return `the refresh token works once and is not rotated: ${describeExchange(second)} to the second refresh`
    assertHolds(hasToken(second), `the second refresh failed: ${describeExchange(second)}`)
    return newestToken === refreshToken ? 'the refresh token is not rotated' : undefined
  },
}

export const refreshOnce: Check = {
  name: 'one refresh for twenty callers in two processes',
  async run(context) {
    const bffClient = context.createBffClient(context.createProvider(), {}, 2)
    const signedIn = await signInWithRefreshToken(context, bffClient)
    expireToken(signedIn)
    const responses = await Promise.all(
      Array.from({ length: 20 }, (_, index) => requestToken(signedIn, 1, index % 2)),
    )
    const tokens = await Promise.all(responses.map(async (response) => (await readSession(response)).token))
    assertHolds(
      tokens.every((token) => token?.sequence === 2 && token.access_token === tokens[0]?.access_token),
      'the callers did not all get the second token',
    )
    const refreshes = listTokenRequests(bffClient).filter(
      ({ form }) => form.get('refresh_token') === signedIn.refreshToken,
    )
    assertHolds(
      refreshes.length === 1,
      `the BFF sent the refresh token ${refreshes.length} times. Expected: once`,
    )
    return undefined
  },
}

export const refreshTokenUsedElsewhere: Check = {
  name: 'refresh token used elsewhere',
  async run(context) {
    const signedIn = await signInWithRefreshToken(context)
    const exchange = await refreshDirectly(signedIn.exchange, signedIn.refreshToken)
    assertHolds(hasToken(exchange), `${describeExchange(exchange)} to an unused refresh token`)
    return refreshAndDescribe(signedIn, 1)
  },
}

export const oldRefreshTokenReused: Check = {
  name: 'old refresh token reused elsewhere',
  async run(context) {
    const signedIn = await signInWithRefreshToken(context)
    expireToken(signedIn)
    await readSession(await requestToken(signedIn, 1))
    const reuse = await refreshDirectly(signedIn.exchange, signedIn.refreshToken)
    return `${describeExchange(reuse)} to the reuse; ${await refreshAndDescribe(signedIn, 2)}`
  },
}

type RefreshableClient = SignedInClient & { refreshToken: string }

/** Signs in. Skips the check if the server issues no refresh token, unless ROTATION promises one. */
async function signInWithRefreshToken(
  context: CheckContext,
  bffClient?: BffClient,
): Promise<RefreshableClient> {
  const signedIn = await context.signIn(bffClient)
  const refreshToken = signedIn.exchange.body['refresh_token']
  if (typeof refreshToken === 'string' && refreshToken !== '') return { ...signedIn, refreshToken }
  assertHolds(
    context.server.rotation !== 'one-use',
    'the server issued no refresh token. Check SCOPE and ROTATION.',
  )
  throw new CheckSkippedError('the server issues no refresh token at sign-in')
}

/** Advances the clock past the lifetime of a token. */
function expireToken({ bffClient, token }: SignedInClient): void {
  bffClient.advanceClock((token.expires_in ?? 60) + 1)
}

/** Requests a token newer than the one with the sequence `after`. */
async function requestToken(
  { bffClient, session }: SignedInClient,
  after: number,
  process?: number,
): Promise<Response> {
  return bffClient.send('POST', '/token', { session_id: session.session_id, after }, process)
}

/** Refreshes, and checks that the session ends exactly if the server rejects the refresh token. */
async function refreshAndDescribe(signedIn: RefreshableClient, after: number): Promise<string> {
  const { bffClient } = signedIn
  expireToken(signedIn)
  const countBefore = listTokenRequests(bffClient).length
  const response = await requestToken(signedIn, after)
  const count = listTokenRequests(bffClient).length - countBefore
  assertHolds(count === 1, `the BFF sent ${count} refresh requests. Expected: 1`)
  const exchange = getLastTokenRequest(bffClient)
  if (exchange && hasToken(exchange)) {
    const { sequence } = (await readSession(response)).token ?? {}
    assertHolds(sequence === after + 1, `the token after sequence ${after} has sequence ${sequence}`)
    return 'session continues: the server issued a new token'
  }
  const error = await readErrorResponse(response)
  const summary = `the BFF responded with ${describeError(error)}; ${describeExchange(exchange)}`
  const { session } = await readSession(await bffClient.send('GET', '/session'))
  if (exchange && getErrorCode(exchange) === 'invalid_grant') {
    assertHolds(isError(error, 401, 'login_required', 'refresh_rejected'), summary)
    assertHolds(session === null, 'the BFF reported the end of the session, but restores it')
    return `session ended: ${summary}`
  }
  const isTemporary = isError(error, 503, 'temporarily_unavailable') || isError(error, 502, 'server_error')
  assertHolds(isTemporary, summary)
  assertHolds(session !== null, `the session ended, although no invalid_grant came: ${summary}`)
  return `session kept: ${summary}`
}
