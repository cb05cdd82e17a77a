import type { Visit } from '../../support/bff-client.ts'
import type { Check } from '../check.ts'
import {
  codeOf,
  demand,
  Impossible,
  is,
  isIssued,
  refusalFrom,
  said,
  sessionFrom,
  wordsFor,
} from '../finding.ts'
import type { Scene, SignedIn } from '../check-context.ts'
import { askedBy, lastOf, refreshDirectly, statusOfUserinfo } from '../check-context.ts'

export const refresh: Check = {
  name: 'refresh',
  async run(scene) {
    const { server } = scene
    const signedIn = await refreshable(scene)
    const { visit, session, token, refreshToken } = signedIn
    const opened = server.userinfoUrl !== null && (await statusOfUserinfo(server, token.access_token)) === 200
    expire(signedIn)
    const next = await sessionFrom(await ask(signedIn, 1))
    const first = lastOf(visit)
    demand(next.token?.sequence === 2, `the token after the first has sequence ${next.token?.sequence}`)
    demand(next.session?.session_id === session.session_id, 'the refresh made another session')
    demand(next.token.access_token === first?.body['access_token'], 'the page does not hold the new token')
    demand(first.form.get('refresh_token') === refreshToken, 'another refresh token was sent than was given')
    if (opened) {
      const status = await statusOfUserinfo(server, next.token.access_token)
      demand(status === 200, `userinfo took the first token, and says ${status} to the second`)
    }

    expire(signedIn)
    const response = await ask(signedIn, 2)
    const second = lastOf(visit)
    const given = first.body['refresh_token']
    const held = typeof given === 'string' && given !== '' ? given : refreshToken
    demand(
      second?.form.get('refresh_token') === held,
      'the second refresh did not send the newest refresh token',
    )
    if (isIssued(second)) {
      const { sequence } = (await sessionFrom(response)).token ?? {}
      demand(sequence === 3, `the token after the second has sequence ${sequence}`)
    }
    if (!isIssued(second) && held === refreshToken)
      return `once only: the server gives no new refresh token, and said ${said(second)} to the old one`
    demand(isIssued(second), `the second refresh failed, because the server said ${said(second)}`)
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
    demand(
      tokens.every((token) => token?.sequence === 2 && token.access_token === tokens[0]?.access_token),
      'the callers do not hold one and the same token',
    )
    const asked = askedBy(visit).filter(({ form }) => form.get('refresh_token') === signedIn.refreshToken)
    demand(asked.length === 1, `the refresh token was sent ${asked.length} times`)
    return undefined
  },
}

export const refreshTokenUsedElsewhere: Check = {
  name: 'a refresh token that was used elsewhere',
  async run(scene) {
    const signedIn = await refreshable(scene)
    const elsewhere = await refreshDirectly(signedIn.exchange, signedIn.refreshToken)
    demand(isIssued(elsewhere), `the server said ${said(elsewhere)} to a fresh refresh token`)
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
    return `the server said ${said(reuse)} to the old one; ${await outcomeOf(signedIn, 2)}`
  },
}

type Refreshable = SignedIn & { refreshToken: string }

/** Signs in where that brings a refresh token, as it must where the file tells of its rotation. */
async function refreshable(scene: Scene, visit?: Visit): Promise<Refreshable> {
  const signedIn = await scene.signedIn(visit)
  const refreshToken = signedIn.exchange.body['refresh_token']
  if (typeof refreshToken === 'string' && refreshToken !== '') return { ...signedIn, refreshToken }
  demand(scene.server.rotation !== 'one-use', 'no refresh token came; does SCOPE ask for one?')
  throw new Impossible('the sign-in brings no refresh token')
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
  const before = askedBy(visit).length
  const response = await ask(signedIn, after)
  demand(askedBy(visit).length === before + 1, 'the refresh was not exactly one request')
  const exchange = lastOf(visit)
  if (exchange && isIssued(exchange)) {
    demand((await sessionFrom(response)).token?.sequence === after + 1, 'the refreshed token does not follow')
    return 'the session goes on, because the server refreshed it'
  }
  const refusal = await refusalFrom(response)
  const words = `${wordsFor(refusal)}, because the server said ${said(exchange)}`
  const { session } = await sessionFrom(await visit.send('GET', '/session'))
  if (exchange && codeOf(exchange) === 'invalid_grant') {
    demand(is(refusal, 401, 'login_required', 'refused'), words)
    demand(session === null, 'the session ended, and is restored all the same')
    return `the session ends: ${words}`
  }
  const kept = is(refusal, 503, 'temporarily_unavailable') || is(refusal, 502, 'server_error')
  demand(kept, words)
  demand(session !== null, `the session ended: ${words}`)
  return `the session stays: ${words}, which is nothing definite`
}
