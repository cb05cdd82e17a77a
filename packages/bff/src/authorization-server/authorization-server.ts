import { createTokenHeaders } from './token-headers.ts'
import type { Endpoints } from './discovery.ts'
import { BffError } from '../errors.ts'
import type { Hooks } from './hooks.ts'
import { validateIdTokenClaims } from './id-token.ts'
import type { GrantPurpose, TokenSet, TokenResult } from './token-result.ts'
import type { Logger } from '../log.ts'
import { describeError } from '../log.ts'
import type { Platform } from '../platform.ts'
import type { ChallengeRule, Provider } from '../description/provider-description.ts'
import { getGrant } from '../description/provider-description.ts'
import type { Credentials, GrantInput } from './token-request.ts'
import { sendTokenRequest, createTokenEndpointRequest } from './token-request.ts'
import { parseTokenResponse } from './token-response.ts'
import type { HttpClient } from './http-client.ts'

/** What the token endpoint made of one request. */
export interface GrantResult {
  /** Milliseconds since 1970 when the request was sent: a token's age counts from there. */
  sentAt: number
  result: TokenResult
}

/** What a session holds that a next token can be had with. */
export interface RefreshInput {
  accessToken: string
  refreshToken: string | null
  /** The scope that was asked for at first. */
  requestedScope: string[]
  /** Where the description keeps it, and nowhere else. */
  credentials?: Credentials
}

/** The authorization server, as far as the BFF needs it. Every failure is a result; nothing is tried twice. */
export interface AuthorizationServer {
  /** Runs the grant of a sign-in; nothing is typed where the login is automatic. */
  signIn(credentials: Credentials, scope: string[]): Promise<GrantResult>
  /** Runs the grant that answers a challenge. */
  answerChallenge(
    rule: ChallengeRule,
    continuation: Record<string, string>,
    credentials: Credentials,
    scope: string[],
  ): Promise<GrantResult>
  /** Whether there is any way to a next token. */
  canRefresh(tokens: RefreshInput): boolean
  /**
   * Asks for the next token: with the refresh token (RFC 6749 §6), again as at first, or by showing the one held. The
   * refresh token that comes back is the one to hold from now on, also where the answer had none.
   */
  refresh(tokens: RefreshInput): Promise<GrantResult>
}

/** What {@link createAuthorizationServer} stands on. */
export interface AuthorizationServerOptions {
  provider: Provider
  resolveEndpoints: () => Promise<Endpoints>
  httpClient: HttpClient
  hooks: Hooks
  platform: Platform
  logger: Logger
}

export function createAuthorizationServer(parts: AuthorizationServerOptions): AuthorizationServer {
  const { provider, resolveEndpoints, httpClient, hooks, platform, logger } = parts
  const { refresh, login } = provider
  const usesRefreshTokens = refresh.mode === 'refresh_token'
  const reissues = refresh.mode === 'reissue' || refresh.fallback === 'reissue'

  const canReissue = ({ credentials }: RefreshInput): boolean =>
    reissues && (login.mode === 'automatic' || credentials !== undefined)

  return {
    signIn,
    answerChallenge(rule, continuation, credentials, scope) {
      const again = rule.grant === provider.signInGrant
      const fieldNames = [...(again ? Object.keys(login.fields) : []), ...Object.keys(rule.fields)]
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
      // What was right at the sign-in and is refused now has been withdrawn since.
      const result: TokenResult =
        login.mode === 'automatic'
          ? {
              kind: 'configuration_error',
              hint: 'the authorization server refuses the application its token',
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

  async function runGrant(name: string, act: GrantPurpose, request: GrantInput): Promise<GrantResult> {
    const grant = getGrant(provider, name)
    return finishGrant(act, async () => {
      const url = grant.url ?? (await resolveEndpoints()).token
      const sentAt = platform.now()
      const answer = await sendTokenRequest(
        httpClient,
        url,
        createTokenEndpointRequest(provider, name, request),
        hooks,
      )
      const { response = provider.response } = grant
      return { sentAt, result: parseTokenResponse(answer, { ...provider, response }, act, sentAt) }
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

  async function finishGrant(act: GrantPurpose, work: () => Promise<GrantResult>): Promise<GrantResult> {
    try {
      const grantResult = await work()
      const { result } = grantResult
      if (result.kind !== 'issued') return grantResult
      const { refreshToken, refreshLifetime } = result.token
      const issued = {
        ...result.token,
        refreshToken: usesRefreshTokens ? refreshToken : null,
        // Where something else brings the next token, the session outlives its refresh token.
        refreshLifetime: usesRefreshTokens && !reissues ? refreshLifetime : null,
      }
      const token = act === 'sign-in' ? await addIdTokenClaims(issued) : issued
      return {
        ...grantResult,
        result: token ? { kind: 'issued', token } : { kind: 'configuration_error', hint: invalidIdTokenHint },
      }
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

  /** With the user that the ID Token names; `null` when it names one and is not valid. */
  async function addIdTokenClaims(token: TokenSet): Promise<TokenSet | null> {
    if (token.idToken === null) return token
    const { metadata } = await resolveEndpoints()
    if (!metadata) {
      logger.warn('An ID Token came and was not read: without a discovery document nothing tells whose it is')
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

/** Refusals that only another sign-in, or nothing at all, can mend. */
const definitiveKinds: TokenResult['kind'][] = [
  'invalid_credentials',
  'session_ended',
  'access_denied',
  'challenge_required',
]

const invalidIdTokenHint =
  'the ID Token is not valid: its issuer, audience, time or signature is not what the discovery document and the client id say'
