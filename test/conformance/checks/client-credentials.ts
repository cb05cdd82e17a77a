import type { BffOptions } from '@latchkey/bff'
import type { Check } from '../check.ts'
import {
  assertHolds,
  CheckSkippedError,
  is,
  isIssued,
  refusalFrom,
  describeExchange,
  sessionFrom,
  describeError,
} from '../finding.ts'
import { listTokenRequests } from '../check-context.ts'
import { scopeOf } from '../client-auth-method.ts'

/** Scope values that are about a user: OpenID Connect Core §5.4 and §11. */
const ofUsers = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access']

/** Seconds, at most, that pass before the token is asked for anew. */
const longestWait = 3600

export const clientCredentials: Check = {
  name: 'client_credentials',
  lacks: ({ clientSecret }) => clientSecret === '' && 'the client has no secret',
  async run(scene) {
    let who: Awaited<ReturnType<NonNullable<BffOptions['authorize']>>> = null
    const scope = scopeOf(scene.server).filter((value) => !ofUsers.includes(value))
    const visit = scene.visit(
      scene.provider({ grant: 'client_credentials', scope }),
      { authorize: () => who, dangerouslyGiveMachineTokenToBrowser: true },
      2,
    )
    const stranger = await refusalFrom(await visit.send('POST', '/session'))
    assertHolds(is(stranger, 403, 'access_denied'), `who is not admitted gets ${describeError(stranger)}`)
    assertHolds(listTokenRequests(visit).length === 0, 'who is not admitted makes the BFF ask the server')

    who = { subject: 'somebody' }
    const callers = Array.from({ length: 20 }, (_, index) => index)
    const answers = await Promise.all(
      callers.map((caller) => visit.send('GET', '/session', undefined, caller % 2)),
    )
    const asked = listTokenRequests(visit)
    const [exchange] = asked
    assertHolds(
      exchange !== undefined && asked.length === 1,
      `twenty callers caused ${asked.length} requests`,
    )
    const held = await Promise.all(answers.map(sessionFrom))
    const { session, token } = held[0] ?? {}
    if (!isIssued(exchange)) {
      for (const answer of held) assertHolds(answer.token === undefined, 'a token came from nowhere')
      const wanted = { session_id: session?.session_id, after: 0 }
      const refusal = await visit.send('POST', '/token', wanted)
      assertHolds(!refusal.ok, 'a token came from nowhere')
      throw new CheckSkippedError(
        `this client gets no token of its own: the server said ${describeExchange(exchange)}`,
      )
    }
    assertHolds(
      held.every((answer) => answer.token?.access_token === exchange.body['access_token']),
      'the callers do not hold the token that the server gave',
    )
    visit.wait(Math.min(token?.expires_in ?? 60, longestWait) + 1)
    const body = { session_id: session?.session_id, after: token?.sequence }
    const next = await sessionFrom(await visit.send('POST', '/token', body))
    const first = token?.sequence ?? 0
    assertHolds(
      next.token?.sequence === first + 1,
      `the token after ${first} has sequence ${next.token?.sequence}`,
    )
    return undefined
  },
}
