import type { Clock } from './clock.ts'
import type { Journal } from './journal.ts'
import type { Random } from './random.ts'
import type { RefreshToken, TokenFamily, TokenUse, TokenUser } from './token-family.ts'
import { createTokenFamily, findExcuse } from './token-family.ts'

/**
 * What a server does when a refresh token is used twice. `strict`: it revokes the family (RFC 9700 §4.14.2). `one-use`: it
 * rejects the second use. `grace`: it issues further tokens for a minute, and revokes the family later.
 */
export type ServerKind = 'strict' | 'one-use' | 'grace'

/**
 * How the server fails. `refuse`: no connection. `unavailable`: 503, and the token stays unused. `busy`: the same with
 * `Retry-After`. `drop`: the connection breaks before the server acts. `cut`: it breaks after the server has acted.
 * `slow`: the response takes seconds. `hang`: there is none.
 */
export const serverFaults = ['refuse', 'unavailable', 'busy', 'drop', 'cut', 'slow', 'hang'] as const
export type ServerFault = (typeof serverFaults)[number]

/** An access token as the resource server knows it. */
export interface AccessToken {
  readonly family: TokenFamily
  readonly expiresAt: number
  readonly issuedAt: number
  /** The use of the refresh token that it was issued for; `null` after a sign-in. */
  readonly use: TokenUse | null
}

export interface AuthorizationServer {
  /** Creates the `fetch` with which one process reaches the server. */
  readonly createFetch: (user: TokenUser) => typeof globalThis.fetch
  readonly families: TokenFamily[]
  /** Finds a valid or former access token. */
  readonly findAccessToken: (token: string) => AccessToken | undefined
  /** Revokes a family, as an operator of the server does. */
  readonly revoke: (family: TokenFamily) => void
  /** Makes the next requests fail. */
  readonly fail: (fault: ServerFault, count: number) => void
  /** Calls a function when the server has handled the next refresh and its response is on its way. */
  readonly interruptRefresh: (interrupt: (user: TokenUser) => void) => void
  readonly recover: () => void
}

export const endpoints = { token: 'https://login.test/token', revocation: 'https://login.test/revoke' }
export const password = 'correct horse'
const graceMs = 60_000
/** More refreshes of one session within a minute are a loop. */
const maxRefreshesPerMinute = 20

/** @param lifetime of an access token, in seconds */
export function createAuthorizationServer(
  kind: ServerKind,
  lifetime: number,
  clock: Clock,
  random: Random,
  journal: Journal,
): AuthorizationServer {
  const families: TokenFamily[] = []
  const accessTokens = new Map<string, AccessToken>()
  const refreshTokens = new Map<string, RefreshToken>()
  let fault: ServerFault | null = null
  let faultsLeft = 0
  let tokenCount = 0
  let interrupt: ((user: TokenUser) => void) | null = null

  const takeFault = (): ServerFault | null => {
    if (faultsLeft === 0) return null
    faultsLeft -= 1
    return fault
  }

  function issueTokens(family: TokenFamily, use: TokenUse | null): Response {
    tokenCount += 1
    const issuedAt = clock.now()
    const access = `access-${tokenCount}-${family.id}`
    const refresh = `refresh-${tokenCount}-${family.id}`
    accessTokens.set(access, { family, expiresAt: issuedAt + lifetime * 1000, issuedAt, use })
    refreshTokens.set(refresh, { value: refresh, family, issuedAt, use: null })
    return Response.json({
      access_token: access,
      refresh_token: refresh,
      token_type: 'Bearer',
      expires_in: lifetime,
      user: { id: family.username, family: family.id },
    })
  }

  function signIn(username: string, givenPassword: string): Response {
    if (givenPassword !== password) return Response.json({ error: 'invalid_grant' }, { status: 400 })
    const family = createTokenFamily(`family${families.length + 1}`, username, clock.now())
    families.push(family)
    return issueTokens(family, null)
  }

  function useRefreshToken(
    token: RefreshToken,
    exchange: Exchange,
  ): { response: Response; use: TokenUse | null } {
    const { family } = token
    const { user, sentAt } = exchange
    if (family.isRevoked) return { response: rejectGrant(), use: null }
    const use: TokenUse = { user, sentAt, state: 'pending', isObserved: false }
    if (token.use !== null) {
      if (kind === 'grace' && clock.now() - token.use.sentAt <= graceMs) {
        token.use = use
        return { response: issueTokens(family, use), use }
      }
      family.causes.add('lost')
      if (kind !== 'one-use') family.isRevoked = true
      return { response: rejectGrant(), use: null }
    }
    token.use = use
    return { response: issueTokens(family, use), use }
  }

  /** Checks a refresh request when it arrives, before the server answers it. */
  function checkRefresh(token: RefreshToken, user: TokenUser): void {
    const { family, use } = token
    const now = clock.now()
    const sender = `${user.name} sent ${token.value}`
    for (const other of family.pendingUsers)
      if (other.isAlive())
        journal.violate('one grant a sequence', `${sender} while ${other.name} waits for a response`)
    if (use !== null && findExcuse(use) === null)
      journal.violate('no refresh token is sent twice', `${sender}, which ${use.user.name} had used`)
    const recent = family.refreshRequests.filter((at) => now - at < 60_000)
    family.refreshRequests.splice(0, Infinity, ...recent, now)
    if (recent.length >= maxRefreshesPerMinute)
      journal.violate('refreshes are bounded', `${sender}, after ${recent.length} within a minute`)
  }

  function revokeByClient(value: string, user: TokenUser): Response {
    const family = refreshTokens.get(value)?.family ?? accessTokens.get(value)?.family
    if (!family) return new Response(null)
    // The documented end of a refresh that a closing process could not save.
    if (user.hasGivenUp()) family.causes.add('lost')
    const isKept = family.causes.size === 0 && family.sessionId !== null && clock.now() < family.promisedEnd
    if (isKept) journal.violate('no session is lost', `${user.name} revoked the tokens of ${family.id}`)
    family.isRevoked = true
    return new Response(null)
  }

  async function send(exchange: Exchange, url: string, parameters: URLSearchParams): Promise<Response> {
    const { user, token } = exchange
    const current = takeFault()
    const value = parameters.get('refresh_token') ?? ''
    const label = `${user.name} ${url === endpoints.revocation ? 'revoke' : value || 'sign-in'}`
    const isSlow = current === 'slow'
    await clock.wait(isSlow ? 100 + random.below(3_000) : 1 + random.below(20))
    if (current === 'refuse') throw createConnectionError('ECONNREFUSED')
    if (value !== '' && !token) journal.violate('no invented refresh token', `${user.name} sent ${value}`)
    if (token) checkRefresh(token, user)
    token?.family.pendingUsers.add(user)
    const isUnprocessed = current === 'unavailable' || current === 'busy' || current === 'drop'
    const response = isUnprocessed ? createUnavailableResponse(current) : process(exchange, url, parameters)
    journal.note(`${label} → ${current === null ? response.status : current}`)
    if (token) {
      interrupt?.(user)
      interrupt = null
    }
    await clock.wait(current === 'hang' ? 8_500 : isSlow ? 1_000 + random.below(3_500) : 1 + random.below(20))
    const isLost = current === 'drop' || current === 'cut' || current === 'hang'
    finish(exchange, isLost)
    if (isLost) throw createConnectionError('ECONNRESET')
    return response
  }

  function process(exchange: Exchange, url: string, parameters: URLSearchParams): Response {
    const { user, token } = exchange
    if (url === endpoints.revocation) return revokeByClient(parameters.get('token') ?? '', user)
    if (!token) return signIn(parameters.get('username') ?? '', parameters.get('password') ?? '')
    const { response, use } = useRefreshToken(token, exchange)
    exchange.use = use
    return response
  }

  /** Handles the end of a request, with or without a response that the client received. */
  function finish({ user, token, use }: Exchange, isLost: boolean): void {
    token?.family.pendingUsers.delete(user)
    if (use?.state === 'pending') use.state = isLost ? 'lost' : 'delivered'
    if (token && (isLost || !user.isAlive())) token.family.hasLostResponse = true
  }

  return {
    families,
    findAccessToken: (token) => accessTokens.get(token),
    revoke: (family) => {
      family.isRevoked = true
      family.causes.add('revoked')
    },
    fail: (nextFault, count) => {
      fault = nextFault
      faultsLeft = count
    },
    interruptRefresh: (nextInterrupt) => void (interrupt = nextInterrupt),
    recover: () => {
      faultsLeft = 0
      interrupt = null
    },
    createFetch: (user) => async (input, init) => {
      const parameters = new URLSearchParams(init?.body as string | URLSearchParams | undefined)
      const token = refreshTokens.get(parameters.get('refresh_token') ?? '')
      const exchange: Exchange = { user, token, sentAt: clock.now(), use: null }
      init?.signal?.addEventListener('abort', () => finish(exchange, true), { once: true })
      return rejectOnAbort(send(exchange, getUrl(input), parameters), init?.signal)
    },
  }
}

/** One request to the server. */
interface Exchange {
  readonly user: TokenUser
  readonly token: RefreshToken | undefined
  readonly sentAt: number
  use: TokenUse | null
}

/** Rejects when the signal aborts first. */
function rejectOnAbort<T>(work: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** Returns the URL of the first argument of `fetch`. */
export function getUrl(input: RequestInfo | URL): string {
  return input instanceof Request ? input.url : input.toString()
}

/** Creates the error with which Node's `fetch` rejects. */
export function createConnectionError(code: string): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) })
}

function createUnavailableResponse(fault: 'unavailable' | 'busy' | 'drop'): Response {
  return new Response('', { status: 503, ...(fault === 'busy' && { headers: { 'Retry-After': '5' } }) })
}

function rejectGrant(): Response {
  return Response.json({ error: 'invalid_grant' }, { status: 400 })
}
