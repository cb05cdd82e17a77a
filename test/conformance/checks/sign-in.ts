import { randomBytes } from 'node:crypto'
import { parseSeconds } from '@latchkey/wire'
import type { BffClient } from '../../support/bff-client.ts'
import type { Check } from '../check.ts'
import type { Blamed } from '../finding.ts'
import {
  getBlamedParty,
  assertHolds,
  CheckSkippedError,
  is,
  isIssued,
  refusalFrom,
  describeExchange,
  sessionFrom,
  describeError,
} from '../finding.ts'
import type { CheckContext } from '../check-context.ts'
import { listTokenRequests, getLastTokenRequest, statusOfUserinfo } from '../check-context.ts'
import { scopeOf } from '../client-auth-method.ts'

/** Seconds by which a lifetime may differ from what the file says. */
const tolerance = 5

export const signIn: Check = {
  name: 'sign in',
  async run(scene) {
    const { server } = scene
    const { visit, session, token, exchange } = await scene.signedIn()
    const { access_token, expires_in, scope } = exchange.body
    assertHolds(token.access_token === access_token, 'the page does not hold the token that the server gave')
    assertHolds(token.sequence === 1, `the first token has sequence ${token.sequence}`)
    const named = [scope].flat().flatMap((value) => (typeof value === 'string' ? value.split(/\s+/) : []))
    const granted = named.some(Boolean) ? named.filter(Boolean) : scopeOf(server)
    assertHolds(String(session.scope) === String(granted), 'the session has another scope than was granted')
    assertHolds(visit.cookies().length === 1, 'the sign-in did not set one cookie')
    const restored = await sessionFrom(await visit.send('GET', '/session'))
    assertHolds(
      JSON.stringify([restored.session, restored.token]) === JSON.stringify([session, token]),
      'a reload of the page does not restore the session as it was',
    )

    const lifetime = parseSeconds(expires_in)
    const expected = server.accessTokenLifetime
    if (lifetime === null) {
      assertHolds(token.expires_in === expected, `the token lives ${token.expires_in} s, which nobody said`)
      return 'the server does not say how long its token lives'
    }
    assertHolds(
      token.expires_in === Math.floor(lifetime),
      `the token lives ${lifetime} s, and not ${token.expires_in}`,
    )
    if (expected === null || Math.abs(lifetime - expected) <= tolerance) return undefined
    assertHolds(lifetime < expected, `the server gives tokens of ${lifetime} s, its file says ${expected}`)
    return `the token lives ${lifetime} s, less than its file says`
  },
}

export const userinfo: Check = {
  name: 'the token opens userinfo',
  lacks: ({ userinfoUrl }) => userinfoUrl === null && 'there is no USERINFO_URL',
  async run(scene) {
    const { session, token } = await scene.signedIn()
    const status = await statusOfUserinfo(scene.server, token.access_token)
    if (status !== 200 && !session.scope.includes('openid'))
      throw new CheckSkippedError(`the scope is without openid, and userinfo says ${status}`)
    assertHolds(status === 200, `userinfo says ${status}`)
    return undefined
  },
}

export const wrongPassword: Check = {
  name: 'wrong password',
  async run(scene) {
    return noteOf(await refused(scene, scene.visit(), { password: madeUp() }))
  },
}

export const unknownUser: Check = {
  name: 'unknown user',
  async run(scene) {
    const visit = scene.visit()
    const unknown = await refused(scene, visit, { username: `${madeUp()}-${scene.server.username}` })
    const wrong = await refused(scene, visit, { password: madeUp() })
    if (unknown.blamed !== wrong.blamed) return `${unknown.words}; a wrong password: ${wrong.words}`
    assertHolds(
      unknown.text === wrong.text,
      'an unknown user is answered in other words than a wrong password',
    )
    return noteOf(unknown)
  },
}

export const wrongClientSecret: Check = {
  name: 'wrong client secret',
  lacks: ({ clientSecret }) => clientSecret === '' && 'the client has no secret',
  async run(scene) {
    const visit = scene.visit(scene.provider({ clientSecret: madeUp() }))
    const response = await scene.type(visit)
    if (response.ok && listTokenRequests(visit).some(isIssued))
      throw new CheckSkippedError('the server gives a token for any client secret')
    const { blamed, words } = await judged(visit, response)
    // Where it is the user whom the server blames, nothing tells it from a wrong password.
    return blamed === 'client' ? undefined : words
  },
}

/** A name or a secret that nobody has. */
function madeUp(): string {
  return `none-${randomBytes(4).toString('hex')}`
}

/** A refused sign-in, and whom the server blamed for it. */
interface Refused {
  text: string
  blamed: Blamed
  words: string
}

async function refused(
  scene: CheckContext,
  visit: BffClient,
  changed: Record<string, string>,
): Promise<Refused> {
  return judged(visit, await scene.type(visit, changed))
}

/** Demands an answer without a session that fits what the server said. */
async function judged(visit: BffClient, response: Response): Promise<Refused> {
  const exchange = getLastTokenRequest(visit)
  assertHolds(!response.ok, `somebody is signed in, because the server said ${describeExchange(exchange)}`)
  assertHolds(response.headers.get('Set-Cookie') === null, 'a refused sign-in sets a cookie')
  const refusal = await refusalFrom(response)
  assertHolds(exchange !== undefined, `the BFF answered ${describeError(refusal)} without asking the server`)
  const words = `${describeError(refusal)}, because the server said ${describeExchange(exchange)}`
  const blamed = getBlamedParty(exchange)
  const right = {
    nobody: is(refusal, 503, 'temporarily_unavailable') || is(refusal, 429, 'rate_limited'),
    client: is(refusal, 502, 'server_error'),
    user: is(refusal, 401, 'invalid_credentials'),
    // Another server may mean another thing by it.
    somebody: is(refusal, 401, 'invalid_credentials') || is(refusal, 502, 'server_error'),
  }
  assertHolds(right[blamed], words)
  return { text: refusal.text, blamed, words }
}

/** What a row says of a wrong password that the server does not call one. */
function noteOf({ blamed, words }: Refused): string | undefined {
  if (blamed === 'user') return undefined
  return blamed === 'client' ? `${words}; errors.map can say what that means` : words
}
