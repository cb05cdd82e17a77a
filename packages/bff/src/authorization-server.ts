import type { Endpoints } from './discovery.ts'
import { BffError } from './errors.ts'
import type { Logger } from './log.ts'
import { told } from './log.ts'
import type { Platform } from './platform.ts'
import type { Grant, Provider } from './provider-description.ts'
import { sendTokenRequest } from './token-request.ts'
import type { Judgement } from './token-response.ts'
import { judge } from './token-response.ts'
import type { Upstream } from './upstream.ts'

/** What the token endpoint made of one request. */
export interface Granting {
  /** Milliseconds since 1970 when the request was sent: a token's age counts from there. */
  sentAt: number
  judgement: Judgement
}

/** What a session holds. */
export interface Tokens {
  accessToken: string
  refreshToken: string | null
}

/** The authorization server, as far as the BFF needs it. Every failure is a judgement; nothing is tried twice. */
export interface AuthorizationServer {
  /** RFC 6749 §4.3: what a person typed, for a token. */
  password(credentials: Record<string, string>, scope: string[]): Promise<Granting>
  /** RFC 6749 §6. */
  refresh(refreshToken: string): Promise<Granting>
  /**
   * RFC 7009, where the server has it: gives the refresh token back, and what it brought with it; the access token where
   * there is no other. Never throws: a sign-out is done without it.
   */
  revoke(tokens: Tokens): Promise<void>
}

export function createAuthorizationServer(
  provider: Provider,
  endpoints: () => Promise<Endpoints>,
  upstream: Upstream,
  platform: Platform,
  logger: Logger,
): AuthorizationServer {
  const { grants, client } = provider
  const refreshGrant = provider.refresh.mode === 'refresh_token' ? grants.refresh_token : undefined

  return {
    password: (credentials, scope) =>
      ask('password', grants.password, { ...credentials, scope: scope.join(' ') }),
    async refresh(refreshToken) {
      if (!refreshGrant) throw new BffError('server_error', 'This provider has no refresh')
      return ask('refresh_token', refreshGrant, { refresh_token: refreshToken })
    },
    async revoke({ accessToken, refreshToken }) {
      try {
        const { revocation } = await endpoints()
        if (revocation === null) return
        const grant: Grant = { ...(refreshGrant ?? grants.password), method: 'POST' }
        const auth = grant.clientAuth === 'query' ? 'body' : grant.clientAuth
        const parameters =
          refreshToken === null
            ? { token: accessToken, token_type_hint: 'access_token' }
            : { token: refreshToken, token_type_hint: 'refresh_token' }
        const answer = await sendTokenRequest(
          upstream,
          revocation,
          { ...grant, clientAuth: auth },
          client,
          parameters,
        )
        const fault =
          'why' in answer ? answer.why : answer.status >= 300 ? `it answered ${answer.status}` : null
        if (fault !== null)
          logger.warn(`A token could not be given back to the revocation endpoint: ${fault}`)
      } catch (error) {
        logger.warn(`A token could not be given back: ${told(error)}`)
      }
    },
  }

  async function ask(
    name: 'password' | 'refresh_token',
    grant: Grant,
    parameters: Record<string, string>,
  ): Promise<Granting> {
    try {
      const { token } = await endpoints()
      const sentAt = platform.now()
      const own = { grant_type: name, ...grant.params, ...parameters }
      const answer = await sendTokenRequest(upstream, token, grant, client, own)
      return { sentAt, judgement: judge(answer, provider, name) }
    } catch (error) {
      if (!(error instanceof BffError)) throw error
      const hint = told(error)
      const judgement: Judgement =
        error.code === 'temporarily_unavailable'
          ? { kind: 'transient', hint, retryAfter: error.retryAfter ?? null, lost: false }
          : { kind: 'config', hint }
      return { sentAt: platform.now(), judgement }
    }
  }
}
