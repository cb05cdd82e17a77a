import type { ClientReader } from './client-reader.ts'
import { createTokenHeaders } from './token-headers.ts'
import type { Endpoints } from './discovery.ts'
import { BffError } from '../errors.ts'
import { removeTokens } from '../token-removal.ts'
import type { Hooks } from './hooks.ts'
import { validateIdTokenClaims } from './id-token.ts'
import type { GrantPurpose, TokenSet, TokenResult } from './token-result.ts'
import type { Logger } from '../log.ts'
import { describeError, warnOnce } from '../log.ts'
import type { Platform } from '../platform.ts'
import type { ChallengeRule, Provider } from '../description/provider-description.ts'
import { getGrant } from '../description/provider-description.ts'
import type { Credentials, GrantInput } from './token-request.ts'
import { sendTokenRequest, createTokenEndpointRequest } from './token-request.ts'
import type { RevocableTokens } from './revocation.ts'
import { parseTokenResponse } from './token-response.ts'
import type { HttpClient } from './http-client.ts'

/** The result of one grant. */
export interface GrantResult {
  /** When the request was sent, in milliseconds since 1970: a token's age counts from then. */
  sentAt: number
  result: TokenResult
}

/** The part of a session that a refresh needs. */
export interface RefreshInput {
  accessToken: string
  refreshToken: string | null
  /** The scope that the sign-in requested. */
  requestedScope: string[]
  /** Only present where the description says `refresh.storeCredentials`. */
  credentials?: Credentials
}

/**
 * Runs grants at the authorization server. Failures are returned as a `TokenResult`, not thrown. No request is retried,
 * but for a replaced client secret.
 */
export interface AuthorizationServer {
  /** Runs the grant of a sign-in. An automatic login has no credentials. */
  signIn(credentials: Credentials, scope: string[]): Promise<GrantResult>
  /** Runs the grant that a challenge requires. */
  answerChallenge(
    rule: ChallengeRule,
    continuation: Record<string, string>,
    credentials: Credentials,
    scope: string[],
  ): Promise<GrantResult>
  /** Whether the session can get another token without the user. */
  canRefresh(tokens: RefreshInput): boolean
  /**
   * Gets the next token: with the refresh token (RFC 6749 §6), by the grant of the sign-in, or by sending the current
   * token to the keep-alive endpoint. The result contains the refresh token to store, which is the previous one when
   * the response has none.
   */
  refresh(tokens: RefreshInput): Promise<GrantResult>
}

/** The options of {@link createAuthorizationServer}. */
export interface AuthorizationServerOptions {
  provider: Provider
  resolveEndpoints: () => Promise<Endpoints>
  httpClient: HttpClient
  clientReader: ClientReader
  hooks: Hooks
  /** Revokes tokens that are issued and not used, in the background. */
  revoke: (tokens: RevocableTokens) => void
  platform: Platform
  logger: Logger
}

export function createAuthorizationServer(options: AuthorizationServerOptions): AuthorizationServer {
  const { provider, resolveEndpoints, httpClient, clientReader, hooks, revoke, platform, logger } = options
  const { refresh, login } = provider
  const usesRefreshTokens = refresh.mode === 'refresh_token'
  const reissues = refresh.mode === 'reissue' || refresh.fallback === 'reissue'

  const canReissue = ({ credentials }: RefreshInput): boolean =>
    reissues && (login.mode === 'automatic' || credentials !== undefined)

  return {
    signIn,
    answerChallenge(rule, continuation, credentials, scope) {
      const repeatsSignIn = rule.grant === provider.signInGrant
      const fieldNames = [...(repeatsSignIn ? Object.keys(login.fields) : []), ...Object.keys(rule.fields)]
      return runGrant(rule.grant, 'sign-in', { credentials, fieldNames, scope, extraParams: continuation })
    },
    canRefresh: (tokens) =>
      (usesRefreshTokens && tokens.refreshToken !== null) ||
      refresh.mode === 'keep_alive' ||
      canReissue(tokens),
    async refresh(tokens) {
      if (refresh.mode === 'keep_alive') return keepAlive(tokens)
      if (usesRefreshTokens && tokens.refreshToken !== null) {
        const extraParams = { refresh_token: tokens.refreshToken }
        const grantResult = await runGrant('refresh_token', 'refresh', { extraParams })
        const { result } = grantResult
        if (result.kind === 'issued') {
          const refreshToken = result.token.refreshToken ?? tokens.refreshToken
          return { ...grantResult, result: { kind: 'issued', token: { ...result.token, refreshToken } } }
        }
        const isOver = result.kind === 'session_ended' || ('isUnexplained' in result && result.isUnexplained)
        if (!isOver || !canReissue(tokens)) return grantResult
      }
      const grantResult = await signIn(tokens.credentials ?? {}, tokens.requestedScope)
      if (!definitiveKinds.includes(grantResult.result.kind)) return grantResult
      // The server accepted these credentials at the sign-in, so it has withdrawn them since.
      const result: TokenResult =
        login.mode === 'automatic'
          ? {
              kind: 'configuration_error',
              hint: 'the authorization server no longer issues tokens to this client. Check the client id, its secret and its grants there',
            }
          : { kind: 'session_ended' }
      return { ...grantResult, result }
    },
  }

  function signIn(credentials: Credentials, scope: string[]): Promise<GrantResult> {
    return runGrant(provider.signInGrant, 'sign-in', {
      credentials,
      fieldNames: Object.keys(login.fields),
      scope,
    })
  }

  async function runGrant(name: string, purpose: GrantPurpose, input: GrantInput): Promise<GrantResult> {
    const grant = getGrant(provider, name)
    return finishGrant(purpose, async () => {
      const url = grant.url ?? (await resolveEndpoints()).token
      let sentAt = platform.now()
      const httpResponse = await clientReader.sendAsClient((client) => {
        sentAt = platform.now()
        return sendTokenRequest(
          httpClient,
          url,
          createTokenEndpointRequest(provider, name, input, client),
          hooks,
        )
      })
      const { response = provider.response } = grant
      return { sentAt, result: parseTokenResponse(httpResponse, { ...provider, response }, purpose, sentAt) }
    })
  }

  function keepAlive({ accessToken }: RefreshInput): Promise<GrantResult> {
    return finishGrant('refresh', async () => {
      const sentAt = platform.now()
      const headers = {
        Accept: 'application/json',
        ...createTokenHeaders(provider.resource.tokenPlacement, accessToken),
      }
      const response = await httpClient.send(String(refresh.url), { method: 'POST', headers })
      return { sentAt, result: parseTokenResponse(response, provider, 'refresh', sentAt) }
    })
  }

  async function finishGrant(purpose: GrantPurpose, work: () => Promise<GrantResult>): Promise<GrantResult> {
    try {
      const grantResult = await work()
      const { result } = grantResult
      if (result.kind !== 'issued') return grantResult
      const { accessToken, refreshToken, idToken, refreshLifetime } = result.token
      const issued = {
        ...result.token,
        refreshToken: usesRefreshTokens ? refreshToken : null,
        // A session that can get tokens without its refresh token outlives it.
        refreshLifetime: usesRefreshTokens && !reissues ? refreshLifetime : null,
      }
      const token = purpose === 'sign-in' ? await addIdTokenClaimsOrRevoke(issued) : issued
      if (!token) return { ...grantResult, result: { kind: 'configuration_error', hint: invalidIdTokenHint } }
      // The claims of the ID Token have joined the user.
      const user = removeTokens(token.user, [accessToken, refreshToken, idToken])
      return { ...grantResult, result: { kind: 'issued', token: { ...token, user } } }
    } catch (error) {
      if (!(error instanceof BffError)) throw error
      const hint = describeError(error)
      const result: TokenResult =
        error.code === 'temporarily_unavailable'
          ? {
              kind: 'temporarily_unavailable',
              hint,
              retryAfter: error.retryAfter ?? null,
              isResponseLost: false,
            }
          : { kind: 'configuration_error', hint }
      return { sentAt: platform.now(), result }
    }
  }

  async function addIdTokenClaimsOrRevoke(issued: TokenSet): Promise<TokenSet | null> {
    let token: TokenSet | null = null
    try {
      token = await addIdTokenClaims(issued)
      return token
    } finally {
      if (!token) revoke(issued)
    }
  }

  /** Adds the user claims of the ID Token; `null` when the ID Token is not valid. */
  async function addIdTokenClaims(token: TokenSet): Promise<TokenSet | null> {
    if (token.idToken === null) return token
    const { metadata } = await resolveEndpoints()
    if (!metadata) {
      warnOnce(
        logger,
        platform.loggedKeys,
        `unread ID Token ${provider.id}`,
        'Ignored an ID Token: it cannot be validated without discovery. Set token.discovery to use its claims.',
      )
      return { ...token, idToken: null }
    }
    const claims = await validateIdTokenClaims(
      token.idToken,
      metadata,
      provider.client?.id,
      httpClient,
      platform,
    )
    return claims && { ...token, user: { ...claims, ...token.user } }
  }
}

/** Results that a retry with the same credentials does not change. */
const definitiveKinds: TokenResult['kind'][] = [
  'invalid_credentials',
  'session_ended',
  'access_denied',
  'challenge_required',
]

const invalidIdTokenHint =
  'the ID Token is not valid: its issuer, audience, lifetime or signature does not match the discovery document and the client id. Check client.id, and the clock of this machine'
