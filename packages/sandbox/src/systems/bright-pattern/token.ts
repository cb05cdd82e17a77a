import { createJsonResponse, createTextResponse } from '../../responses.ts'
import type { TokenIssuer } from '../../token-issuer.ts'
import type { ResolvedUser } from '../../users.ts'
import type { SandboxContext, Endpoint } from '../../system.ts'
import { isForm } from '../../system.ts'
import { demoTenant } from './data.ts'

/** Options for what Bright Pattern's documentation leaves open. */
export interface BrightPatternOptions {
  /** The tenant's host name, which the scope must equal. Defaults to {@link demoTenant}. */
  readonly tenant?: string
  /** The lifetime of access tokens in seconds. Defaults to 3599. */
  readonly accessTokenLifetime?: number
  /**
   * The form of a token response's body: `wire` (the default) is the captured compact JSON with the scope;
   * `documents` is the documentation's example, without the scope and with a trailing comma.
   */
  readonly body?: 'wire' | 'documents'
  /** The result of another sign-in: a `new` token (the default), or the `same` one with its remaining lifetime. */
  readonly repeatedSignIn?: 'new' | 'same'
  /** The body of 401 outside Task Routing, where only the status is documented. Defaults to `empty`. */
  readonly refusalBody?: 'empty' | 'json'
  /** Usernames of disabled accounts. */
  readonly disabled?: readonly string[]
  /** Usernames of users without the privilege "Use Task Routing API". */
  readonly withoutTaskRouting?: readonly string[]
  /** Changes the body of a successful token response, for undocumented shapes. */
  readonly transformBody?: (body: Record<string, unknown>) => unknown
}

/** Creates Bright Pattern's token endpoint, where each user is a client. */
export function createBrightPatternTokenEndpoint(
  context: SandboxContext,
  tokenIssuer: TokenIssuer,
  options: BrightPatternOptions,
): Pick<Endpoint, 'refuse' | 'respond'> {
  const { tenant = demoTenant, accessTokenLifetime = 3599, disabled = [] } = options
  const latestTokens = new Map<ResolvedUser, { accessToken: string; expiresAt: number }>()

  return {
    respond: (request) => {
      if (!isForm(request.raw)) return createTextResponse(415, '')
      const user = authenticateClient(request.form)
      return user ? createTokenResponse(user) : createUnauthorizedResponse(options)
    },
    refuse: () => createUnauthorizedResponse(options),
  }

  function authenticateClient(form: URLSearchParams): ResolvedUser | undefined {
    if (form.get('grant_type') !== 'client_credentials' || form.get('scope') !== tenant) return undefined
    return context.users.find(
      ({ username, apiSecret }) =>
        username === form.get('client_id') &&
        apiSecret === form.get('client_secret') &&
        !disabled.includes(username),
    )
  }

  function createTokenResponse(user: ResolvedUser): Response {
    // Read once, so that a new token has its full lifetime left.
    const now = context.now()
    const { accessToken, expiresAt } = getToken(user, now)
    const body = {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: String(Math.floor((expiresAt - now) / 1000)),
      ...(options.body !== 'documents' && { scope: tenant }),
    }
    const transformedBody = options.transformBody ? options.transformBody(body) : body
    const text =
      options.body === 'documents' ? formatLikeDocuments(transformedBody) : JSON.stringify(transformedBody)
    return createTextResponse(200, text, { 'Content-Type': 'application/json' })
  }

  function getToken(user: ResolvedUser, now: number): { accessToken: string; expiresAt: number } {
    const previous = latestTokens.get(user)
    if (options.repeatedSignIn === 'same' && previous && tokenIssuer.findAccess(previous.accessToken))
      return previous
    const rules = { accessTokenLifetime, rotation: 'kept', withRefreshToken: false } as const
    const { accessToken } = tokenIssuer.issue({ user, scope: [tenant] }, rules)
    const token = { accessToken, expiresAt: now + accessTokenLifetime * 1000 }
    latestTokens.set(user, token)
    return token
  }
}

/** Creates the 401 outside of Task Routing. The optional body has the envelope of Bright Pattern's List Management. */
export function createUnauthorizedResponse({ refusalBody }: BrightPatternOptions): Response {
  return refusalBody === 'json'
    ? createJsonResponse(401, { error: 'unauthorized', error_description: 'Authentication failed' })
    : createTextResponse(401, '')
}

function formatLikeDocuments(body: unknown): string {
  const lines = Object.entries(body ?? {}).map(([name, value]) => `"${name}":${JSON.stringify(value)},\n`)
  return `{\n${lines.join('')}}`
}
