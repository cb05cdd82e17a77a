import { randomBytes } from 'node:crypto'
import { parseSeconds } from '@latchkey/wire'
import type { BffClient } from '../../support/bff-client.ts'
import type { Check } from '../check.ts'
import type { BlamedParty } from '../finding.ts'
import {
  assertHolds,
  CheckSkippedError,
  describeError,
  describeExchange,
  getBlamedParty,
  hasToken,
  isError,
  readErrorResponse,
  readSession,
} from '../finding.ts'
import type { CheckContext } from '../check-context.ts'
import { fetchUserinfoStatus, getLastTokenRequest, listTokenRequests } from '../check-context.ts'
import { listRequestedScope } from '../client-auth-method.ts'

/** A lifetime may differ from ACCESS_TTL by this. */
const toleranceSeconds = 5

export const signIn: Check = {
  name: 'sign in',
  async run(context) {
    const { server } = context
    const { bffClient, session, token, exchange } = await context.signIn()
    const { access_token, expires_in, scope } = exchange.body
    assertHolds(token.access_token === access_token, 'the page did not get the token that the server issued')
    assertHolds(token.sequence === 1, `the first token has sequence ${token.sequence}`)
    const scopeValues = [scope]
      .flat()
      .flatMap((value) => (typeof value === 'string' ? value.split(/\s+/) : []))
    const grantedScope = scopeValues.some(Boolean) ? scopeValues.filter(Boolean) : listRequestedScope(server)
    assertHolds(
      String(session.scope) === String(grantedScope),
      'the scope of the session differs from the granted scope',
    )
    const cookieCount = bffClient.cookies().length
    assertHolds(cookieCount === 1, `the sign-in set ${cookieCount} cookies. Expected: 1`)
    const restored = await readSession(await bffClient.send('GET', '/session'))
    assertHolds(
      JSON.stringify([restored.session, restored.token]) === JSON.stringify([session, token]),
      'a reload of the page changed the session or its token',
    )

    const lifetime = parseSeconds(expires_in)
    const expectedLifetime = server.accessTokenLifetime
    if (lifetime === null) {
      assertHolds(
        token.expires_in === expectedLifetime,
        `the page got a lifetime of ${token.expires_in} s. Expected: ACCESS_TTL, because the server sent none`,
      )
      return 'the server sends no lifetime'
    }
    assertHolds(
      token.expires_in === Math.floor(lifetime),
      `the page got a lifetime of ${token.expires_in} s. The server sent ${lifetime} s`,
    )
    if (expectedLifetime === null || Math.abs(lifetime - expectedLifetime) <= toleranceSeconds)
      return undefined
    const difference = `the server sent a lifetime of ${lifetime} s. ACCESS_TTL is ${expectedLifetime} s`
    assertHolds(lifetime < expectedLifetime, difference)
    return difference
  },
}

export const userinfo: Check = {
  name: 'userinfo accepts the token',
  getSkipReason: ({ userinfoUrl }) => userinfoUrl === null && 'USERINFO_URL is empty',
  async run(context) {
    const { session, token } = await context.signIn()
    const status = await fetchUserinfoStatus(context.server, token.access_token)
    if (status !== 200 && !session.scope.includes('openid'))
      throw new CheckSkippedError(`userinfo responded with ${status}, and the scope lacks openid`)
    assertHolds(status === 200, `userinfo responded with ${status}`)
    return undefined
  },
}

export const wrongPassword: Check = {
  name: 'wrong password',
  async run(context) {
    const wrong = { password: createRandomValue() }
    return formatNote(await submitWrongCredentials(context, context.createBffClient(), wrong))
  },
}

export const unknownUser: Check = {
  name: 'unknown user',
  async run(context) {
    const bffClient = context.createBffClient()
    const username = `${createRandomValue()}-${context.server.username}`
    const unknown = await submitWrongCredentials(context, bffClient, { username })
    const wrong = await submitWrongCredentials(context, bffClient, { password: createRandomValue() })
    if (unknown.blamedParty !== wrong.blamedParty)
      return `${unknown.summary}. Wrong password: ${wrong.summary}`
    assertHolds(
      unknown.text === wrong.text,
      'the BFF responds to an unknown user and to a wrong password with different texts',
    )
    return formatNote(unknown)
  },
}

export const wrongClientSecret: Check = {
  name: 'wrong client secret',
  getSkipReason: ({ clientSecret }) => clientSecret === '' && 'the client has no secret',
  async run(context) {
    const provider = context.createProvider({ clientSecret: createRandomValue() })
    const bffClient = context.createBffClient(provider)
    const response = await context.submitCredentials(bffClient)
    if (response.ok && listTokenRequests(bffClient).some(hasToken))
      throw new CheckSkippedError('the server accepts any client secret')
    const { blamedParty, summary } = await readRejection(bffClient, response)
    // A server that blames the user responds as it does to a wrong password.
    return blamedParty === 'client' ? undefined : summary
  },
}

/** Creates a name or a secret that does not exist. */
function createRandomValue(): string {
  return `none-${randomBytes(4).toString('hex')}`
}

/** A rejected sign-in, and the cause that the server stated. */
interface Rejection {
  text: string
  blamedParty: BlamedParty
  summary: string
}

async function submitWrongCredentials(
  context: CheckContext,
  bffClient: BffClient,
  changes: Record<string, string>,
): Promise<Rejection> {
  const response = await context.submitCredentials(bffClient, changes)
  // The BFF cannot know that a password is wrong, as it cannot know that its secret is.
  if (response.ok && listTokenRequests(bffClient).some(hasToken))
    throw new CheckSkippedError(`the server accepts any ${Object.keys(changes).join()}`)
  return readRejection(bffClient, response)
}

/** Reads the response to a rejected sign-in, and checks that it agrees with the server's response. */
async function readRejection(bffClient: BffClient, response: Response): Promise<Rejection> {
  const exchange = getLastTokenRequest(bffClient)
  assertHolds(!response.ok, `the sign-in succeeded: ${describeExchange(exchange)}`)
  assertHolds(response.headers.get('Set-Cookie') === null, 'the rejected sign-in set a cookie')
  const error = await readErrorResponse(response)
  const summary = `the BFF responded with ${describeError(error)}; ${describeExchange(exchange)}`
  assertHolds(exchange !== undefined, summary)
  const blamedParty = getBlamedParty(exchange)
  const isExpected = {
    server: isError(error, 503, 'temporarily_unavailable') || isError(error, 429, 'rate_limited'),
    client: isError(error, 502, 'server_error'),
    user: isError(error, 401, 'invalid_credentials'),
    unclear: isError(error, 401, 'invalid_credentials') || isError(error, 502, 'server_error'),
  }
  assertHolds(isExpected[blamedParty], summary)
  return { text: error.text, blamedParty, summary }
}

/** Formats the note for a wrong password that the server does not report as one. */
function formatNote({ blamedParty, summary }: Rejection): string | undefined {
  if (blamedParty === 'user') return undefined
  return blamedParty === 'client'
    ? `${summary}. If this means a wrong password, say so in errors.map.`
    : summary
}
