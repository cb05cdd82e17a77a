import type { BffOptions } from '@latchkey/bff'
import type { Check } from '../check.ts'
import {
  assertHolds,
  CheckSkippedError,
  describeError,
  describeExchange,
  hasToken,
  isError,
  readErrorResponse,
  readSession,
} from '../finding.ts'
import { listTokenRequests } from '../check-context.ts'
import { listRequestedScope } from '../client-auth-method.ts'

/** Scope values that concern a user: OpenID Connect Core §5.4 and §11. */
const userScopeValues = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access']

/** The check advances the clock by at most this time before it requests the next token. */
const maxWaitSeconds = 3600

export const clientCredentials: Check = {
  name: 'client_credentials',
  getSkipReason: ({ clientSecret }) => clientSecret === '' && 'the client has no secret',
  async run(context) {
    let caller: Awaited<ReturnType<NonNullable<BffOptions['authorize']>>> = null
    const scope = listRequestedScope(context.server).filter((value) => !userScopeValues.includes(value))
    const bffClient = context.createBffClient(
      context.createProvider({ grant: 'client_credentials', scope }),
      { authorize: () => caller, dangerouslyGiveMachineTokenToBrowser: true },
      2,
    )
    const rejection = await readErrorResponse(await bffClient.send('POST', '/session'))
    assertHolds(
      isError(rejection, 403, 'access_denied'),
      `the BFF responded to a caller that authorize rejects with ${describeError(rejection)}`,
    )
    assertHolds(
      listTokenRequests(bffClient).length === 0,
      'the BFF sent a token request for a caller that authorize rejects',
    )

    caller = { subject: 'test-caller' }
    const responses = await Promise.all(
      Array.from({ length: 20 }, (_, index) => bffClient.send('GET', '/session', undefined, index % 2)),
    )
    const tokenRequests = listTokenRequests(bffClient)
    const [exchange] = tokenRequests
    assertHolds(
      exchange !== undefined && tokenRequests.length === 1,
      `twenty callers caused ${tokenRequests.length} token requests. Expected: 1`,
    )
    const sessions = await Promise.all(responses.map(readSession))
    const { session, token } = sessions[0] ?? {}
    if (!hasToken(exchange)) {
      for (const response of sessions)
        assertHolds(response.token === undefined, 'a caller got a token that the server did not issue')
      const tokenRequest = { session_id: session?.session_id, after: 0 }
      const response = await bffClient.send('POST', '/token', tokenRequest)
      assertHolds(!response.ok, 'a caller got a token that the server did not issue')
      throw new CheckSkippedError(`the client gets no machine token: ${describeExchange(exchange)}`)
    }
    assertHolds(
      sessions.every((response) => response.token?.access_token === exchange.body['access_token']),
      'a caller did not get the token that the server issued',
    )
    bffClient.advanceClock(Math.min(token?.expires_in ?? 60, maxWaitSeconds) + 1)
    const body = { session_id: session?.session_id, after: token?.sequence }
    const next = await readSession(await bffClient.send('POST', '/token', body))
    const sequence = token?.sequence ?? 0
    assertHolds(
      next.token?.sequence === sequence + 1,
      `the token after sequence ${sequence} has sequence ${next.token?.sequence}`,
    )
    return undefined
  },
}
