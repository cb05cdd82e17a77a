import { attachedToken } from './token-headers.ts'
import type { Endpoints } from './discovery.ts'
import { BffError } from '../errors.ts'
import type { Hooks } from './hooks.ts'
import { claimsFrom } from './id-token.ts'
import type { Act, IssuedToken, Judgement } from './token-result.ts'
import type { Logger } from '../log.ts'
import { told } from '../log.ts'
import type { Platform } from '../platform.ts'
import type { ChallengeRule, Provider } from '../description/provider-description.ts'
import { grantNamed } from '../description/provider-description.ts'
import type { Typed, Wanted } from './token-request.ts'
import { sendTokenRequest, tokenRequestFrom } from './token-request.ts'
import { judge } from './token-response.ts'
import type { Upstream } from './http-client.ts'

/** What the token endpoint made of one request. */
export interface Granting {
  /** Milliseconds since 1970 when the request was sent: a token's age counts from there. */
  sentAt: number
  judgement: Judgement
}

/** What a session holds that a next token can be had with. */
export interface Held {
  accessToken: string
  refreshToken: string | null
  /** The scope that was asked for at first. */
  askedScope: string[]
  /** Where the description keeps it, and nowhere else. */
  typed?: Typed
}

/** The authorization server, as far as the BFF needs it. Every failure is a judgement; nothing is tried twice. */
export interface AuthorizationServer {
  /** Runs the grant of a sign-in; nothing is typed where the login is automatic. */
  signIn(typed: Typed, scope: string[]): Promise<Granting>
  /** Runs the grant that answers a challenge. */
  answer(
    rule: ChallengeRule,
    carried: Record<string, string>,
    typed: Typed,
    scope: string[],
  ): Promise<Granting>
  /** Whether there is any way to a next token. */
  canRefresh(held: Held): boolean
  /**
   * Asks for the next token: with the refresh token (RFC 6749 §6), again as at first, or by showing the one held. The
   * refresh token that comes back is the one to hold from now on, also where the answer had none.
   */
  refresh(held: Held): Promise<Granting>
}

/** What {@link createAuthorizationServer} stands on. */
export interface AuthorizationServerParts {
  provider: Provider
  endpoints: () => Promise<Endpoints>
  upstream: Upstream
  hooks: Hooks
  platform: Platform
  logger: Logger
}

export function createAuthorizationServer(parts: AuthorizationServerParts): AuthorizationServer {
  const { provider, endpoints, upstream, hooks, platform, logger } = parts
  const { refresh, login } = provider
  const usesRefreshTokens = refresh.mode === 'refresh_token'
  const reissues = refresh.mode === 'reissue' || refresh.whenMissing === 'reissue'

  const canReissue = ({ typed }: Held): boolean =>
    reissues && (login.mode === 'automatic' || typed !== undefined)

  return {
    signIn,
    answer(rule, carried, typed, scope) {
      const again = rule.grant === provider.primary
      const names = [...(again ? Object.keys(login.fields) : []), ...Object.keys(rule.ask)]
      return ask(rule.grant, 'sign-in', { typed, names, scope, more: carried })
    },
    canRefresh: (held) =>
      (usesRefreshTokens && held.refreshToken !== null) || refresh.mode === 'keep_alive' || canReissue(held),
    async refresh(held) {
      if (refresh.mode === 'keep_alive') return keepAlive(held)
      if (usesRefreshTokens && held.refreshToken !== null) {
        const more = { refresh_token: held.refreshToken }
        const granting = await ask('refresh_token', 'refresh', { more })
        const { judgement } = granting
        if (judgement.kind === 'issued') {
          const refreshToken = judgement.token.refreshToken ?? held.refreshToken
          return { ...granting, judgement: { kind: 'issued', token: { ...judgement.token, refreshToken } } }
        }
        const isOver =
          judgement.kind === 'session_ended' || ('unexplained' in judgement && judgement.unexplained)
        if (!isOver || !canReissue(held)) return granting
      }
      const granting = await signIn(held.typed ?? {}, held.askedScope)
      if (!definite.includes(granting.judgement.kind)) return granting
      // What was right at the sign-in and is refused now has been withdrawn since.
      const judgement: Judgement =
        login.mode === 'automatic'
          ? { kind: 'config', hint: 'the authorization server refuses the application its token' }
          : { kind: 'session_ended' }
      return { ...granting, judgement }
    },
  }

  function signIn(typed: Typed, scope: string[]): Promise<Granting> {
    return ask(provider.primary, 'sign-in', { typed, names: Object.keys(login.fields), scope })
  }

  async function ask(name: string, act: Act, request: Wanted): Promise<Granting> {
    const grant = grantNamed(provider, name)
    return judged(act, async () => {
      const url = grant.url ?? (await endpoints()).token
      const sentAt = platform.now()
      const answer = await sendTokenRequest(upstream, url, tokenRequestFrom(provider, name, request), hooks)
      const { response = provider.response } = grant
      return { sentAt, judgement: judge(answer, { ...provider, response }, act, sentAt) }
    })
  }

  function keepAlive({ accessToken }: Held): Promise<Granting> {
    return judged('refresh', async () => {
      const sentAt = platform.now()
      const headers = { Accept: 'application/json', ...attachedToken(provider.resource.attach, accessToken) }
      const answer = await upstream.send(String(refresh.url), { method: 'POST', headers })
      return { sentAt, judgement: judge(answer, provider, 'refresh', sentAt) }
    })
  }

  async function judged(act: Act, work: () => Promise<Granting>): Promise<Granting> {
    try {
      const granting = await work()
      const { judgement } = granting
      if (judgement.kind !== 'issued') return granting
      const { refreshToken, refreshLifetime } = judgement.token
      const issued = {
        ...judgement.token,
        refreshToken: usesRefreshTokens ? refreshToken : null,
        // Where something else brings the next token, the session outlives its refresh token.
        refreshLifetime: usesRefreshTokens && !reissues ? refreshLifetime : null,
      }
      const token = act === 'sign-in' ? await identified(issued) : issued
      return {
        ...granting,
        judgement: token ? { kind: 'issued', token } : { kind: 'config', hint: notValid },
      }
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

  /** With the user that the ID Token names; `null` when it names one and is not valid. */
  async function identified(token: IssuedToken): Promise<IssuedToken | null> {
    if (token.idToken === null) return token
    const { metadata } = await endpoints()
    if (!metadata) {
      logger.warn('An ID Token came and was not read: without a discovery document nothing tells whose it is')
      return { ...token, idToken: null }
    }
    const claims = await claimsFrom(token.idToken, metadata, provider.client?.id, upstream, platform)
    return claims && { ...token, user: { ...claims, ...token.user } }
  }
}

/** Refusals that only another sign-in, or nothing at all, can mend. */
const definite: Judgement['kind'][] = ['bad_credentials', 'session_ended', 'forbidden', 'challenge']

const notValid =
  'the ID Token is not valid: its issuer, audience, time or signature is not what the discovery document and the client id say'
