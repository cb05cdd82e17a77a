import { createJsonResponse, createTextResponse } from '../../responses.ts'
import type { TokenIssuer } from '../../token-issuer.ts'
import type { SandboxUser } from '../../users.ts'
import type { SandboxContext, Endpoint } from '../../system.ts'
import { isForm } from '../../system.ts'
import { demoTenant } from './data.ts'

/** What can be different about Bright Pattern. */
export interface BrightPatternOptions {
  /** The tenant's host name, which the scope must be; {@link demoTenant} unless given. */
  readonly tenant?: string
  /** Seconds an access token lives; 3599 unless given. */
  readonly accessTokenLifetime?: number
  /**
   * How the body of a token answer is written: `wire` is the compact JSON that was captured, with the scope;
   * `documents` is their example, which has no scope and a comma too many.
   */
  readonly body?: 'wire' | 'documents'
  /** What a user gets who asks again: a `new` token, or the `same` one with the time that it has left. */
  readonly repeatedSignIn?: 'new' | 'same'
  /** Whether 401 of the token endpoint and of the configuration API has a body. The documents tell only the status. */
  readonly refusalBody?: 'empty' | 'json'
  /** Usernames of disabled accounts. */
  readonly disabled?: readonly string[]
  /** Usernames of those without the privilege "Use Task Routing API". */
  readonly withoutTaskRouting?: readonly string[]
  /** Changes the body of a successful token answer, for shapes that no documentation shows. */
  readonly transformBody?: (body: Record<string, unknown>) => unknown
}

/** Bright Pattern's token endpoint, where the user is the client. */
export function createBrightPatternTokenEndpoint(
  context: SandboxContext,
  grants: TokenIssuer,
  options: BrightPatternOptions,
): Pick<Endpoint, 'refuse' | 'respond'> {
  const { tenant = demoTenant, accessTokenLifetime = 3599, disabled = [] } = options
  const latest = new Map<SandboxUser, { accessToken: string; expiresAt: number }>()

  return {
    respond: (request) => {
      if (!isForm(request.raw)) return createTextResponse(415, '')
      const user = readClient(request.form)
      return user ? createTokenResponse(user) : notAuthenticated(options)
    },
    refuse: () => notAuthenticated(options),
  }

  /** Whatever is wrong, a missing field included, the answer is the same. */
  function readClient(form: URLSearchParams): SandboxUser | undefined {
    if (form.get('grant_type') !== 'client_credentials' || form.get('scope') !== tenant) return undefined
    return context.users.find(
      ({ username, apiSecret }) =>
        username === form.get('client_id') &&
        apiSecret === form.get('client_secret') &&
        !disabled.includes(username),
    )
  }

  function createTokenResponse(user: SandboxUser): Response {
    // One moment for the whole answer: a new token has all of its seconds left.
    const now = context.now()
    const { accessToken, expiresAt } = tokenOf(user, now)
    const body = {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: String(Math.floor((expiresAt - now) / 1000)),
      ...(options.body !== 'documents' && { scope: tenant }),
    }
    const amended = options.transformBody ? options.transformBody(body) : body
    const written = options.body === 'documents' ? asInDocuments(amended) : JSON.stringify(amended)
    return createTextResponse(200, written, { 'Content-Type': 'application/json' })
  }

  function tokenOf(user: SandboxUser, now: number): { accessToken: string; expiresAt: number } {
    const before = latest.get(user)
    if (options.repeatedSignIn === 'same' && before && grants.check(before.accessToken)) return before
    const rules = { accessTokenLifetime, rotation: 'kept', withRefreshToken: false } as const
    const { accessToken } = grants.issue({ user, scope: [tenant] }, rules)
    const token = { accessToken, expiresAt: now + accessTokenLifetime * 1000 }
    latest.set(user, token)
    return token
  }
}

/** Bright Pattern's 401, outside of Task Routing; the body is the envelope of its List Management. */
export function notAuthenticated({ refusalBody }: BrightPatternOptions): Response {
  return refusalBody === 'json'
    ? createJsonResponse(401, { error: 'unauthorized', error_description: 'Authentication failed' })
    : createTextResponse(401, '')
}

function asInDocuments(body: unknown): string {
  const lines = Object.entries(body ?? {}).map(([name, value]) => `"${name}":${JSON.stringify(value)},\n`)
  return `{\n${lines.join('')}}`
}
