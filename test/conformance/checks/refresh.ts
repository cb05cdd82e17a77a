import type { BffClient } from '../../support/bff-client.ts'
import type { Check } from '../check.ts'
import {
  codeOf,
  assertHolds,
  CheckSkippedError,
  is,
  isIssued,
  refusalFrom,
  describeExchange,
  sessionFrom,
  describeError,
} from '../finding.ts'
import type { CheckContext, SignedIn } from '../check-context.ts'
import {
  listTokenRequests,
  getLastTokenRequest,
  refreshDirectly,
  statusOfUserinfo,
} from '../check-context.ts'

export const refresh: Check = {
  name: 'refresh',
  async run(scene) {
    const { server } = scene
    const signedIn = await refreshable(scene)
    const { visit, session, token, refreshToken } = signedIn
    const opened = server.userinfoUrl !== null && (await statusOfUserinfo(server, token.access_token)) === 200
    expire(signedIn)
    const next = await sessionFrom(await ask(signedIn, 1))
    const first = getLastTokenRequest(visit)
    assertHolds(next.token?.sequence === 2, `the token after the first has sequence ${next.token?.sequence}`)
    assertHolds(next.session?.session_id === session.session_id, 'the refresh made another session')
    assertHolds(
      next.token.access_token === first?.body['access_token'],
      'the page does not hold the new token',
    )
    assertHolds(
      first.form.get('refresh_token') === refreshToken,
      'another refresh token was sent than was given',
    )
    if (opened) {
      const status = await statusOfUserinfo(server, next.token.access_token)
      assertHolds(status === 200, `userinfo took the first token, and says ${status} to the second`)
    }

    expire(signedIn)
    const response = await ask(signedIn, 2)
    const second = getLastTokenRequest(visit)
    const given = first.body['refresh_token']
    const held = typeof given === 'string' && given !== '' ? given : refreshToken
    assertHolds(
      second?.form.get('refresh_token') === held,
      'the second refresh did not send the newest refresh token',
    )
    if (isIssued(second)) {
      const { sequence } = (await sessionFrom(response)).token ?? {}
      assertHolds(sequence === 3, `the token after the second has sequence ${sequence}`)
    }
    if (!isIssued(second) && held === refreshToken)
      return `once only: the server gives no new refresh token, and said ${describeExchange(second)} to the old one`
    assertHolds(
      isIssued(second),
      `the second refresh failed, because the server said ${describeExchange(second)}`,
    )
    return held === refreshToken ? 'the refresh token stays the same' : undefined
  },
}

export const refreshOnce: Check = {
  name: 'twenty callers of two processes cause one refresh',
  async run(scene) {
    const visit = scene.visit(scene.provider(), {}, 2)
    const signedIn = await refreshable(scene, visit)
    expire(signedIn)
    const callers = Array.from({ length: 20 }, (_, index) => index)
    const answers = await Promise.all(callers.map((caller) => ask(signedIn, 1, caller % 2)))
    const tokens = await Promise.all(answers.map(async (answer) => (await sessionFrom(answer)).token))
    assertHolds(
      tokens.every((token) => token?.sequence === 2 && token.access_token === tokens[0]?.access_token),
      'the callers do not hold one and the same token',
    )
    const asked = listTokenRequests(visit).filter(
      ({ form }) => form.get('refresh_token') === signedIn.refreshToken,
    )
    assertHolds(asked.length === 1, `the refresh token was sent ${asked.length} times`)
    return undefined
  },
}

export const refreshTokenUsedElsewhere: Check = {
  name: 'a refresh token that was used elsewhere',
  async run(scene) {
    const signedIn = await refreshable(scene)
    const elsewhere = await refreshDirectly(signedIn.exchange, signedIn.refreshToken)
    assertHolds(
      isIssued(elsewhere),
      `the server said ${describeExchange(elsewhere)} to a fresh refresh token`,
    )
    return outcomeOf(signedIn, 1)
  },
}

export const oldRefreshTokenReused: Check = {
  name: 'reuse of an old refresh token by somebody else',
  async run(scene) {
    const signedIn = await refreshable(scene)
    expire(signedIn)
    await sessionFrom(await ask(signedIn, 1))
    const reuse = await refreshDirectly(signedIn.exchange, signedIn.refreshToken)
    return `the server said ${describeExchange(reuse)} to the old one; ${await outcomeOf(signedIn, 2)}`
  },
}

type Refreshable = SignedIn & { refreshToken: string }

/** Signs in where that brings a refresh token, as it must where the file tells of its rotation. */
async function refreshable(scene: CheckContext, visit?: BffClient): Promise<Refreshable> {
  const signedIn = await scene.signedIn(visit)
  const refreshToken = signedIn.exchange.body['refresh_token']
  if (typeof refreshToken === 'string' && refreshToken !== '') return { ...signedIn, refreshToken }
  assertHolds(scene.server.rotation !== 'one-use', 'no refresh token came; does SCOPE ask for one?')
  throw new CheckSkippedError('the sign-in brings no refresh token')
}

/** Lets the time pass that a token lives. */
function expire({ visit, token }: SignedIn): void {
  visit.wait((token.expires_in ?? 60) + 1)
}

/** Asks for a token newer than the one of that sequence. */
async function ask({ visit, session }: SignedIn, after: number, process?: number): Promise<Response> {
  return visit.send('POST', '/token', { session_id: session.session_id, after }, process)
}

/** Refreshes, and demands that the session ends exactly if the server says so. */
async function outcomeOf(signedIn: Refreshable, after: number): Promise<string> {
  const { visit } = signedIn
  expire(signedIn)
  const before = listTokenRequests(visit).length
  const response = await ask(signedIn, after)
  assertHolds(listTokenRequests(visit).length === before + 1, 'the refresh was not exactly one request')
  const exchange = getLastTokenRequest(visit)
  if (exchange && isIssued(exchange)) {
    assertHolds(
      (await sessionFrom(response)).token?.sequence === after + 1,
      'the refreshed token does not follow',
    )
    return 'the session goes on, because the server refreshed it'
  }
  const refusal = await refusalFrom(response)
  const words = `${describeError(refusal)}, because the server said ${describeExchange(exchange)}`
  const { session } = await sessionFrom(await visit.send('GET', '/session'))
  if (exchange && codeOf(exchange) === 'invalid_grant') {
    assertHolds(is(refusal, 401, 'login_required', 'refresh_rejected'), words)
    assertHolds(session === null, 'the session ended, and is restored all the same')
    return `the session ends: ${words}`
  }
  const kept = is(refusal, 503, 'temporarily_unavailable') || is(refusal, 502, 'server_error')
  assertHolds(kept, words)
  assertHolds(session !== null, `the session ended: ${words}`)
  return `the session stays: ${words}, which is nothing definite`
}
