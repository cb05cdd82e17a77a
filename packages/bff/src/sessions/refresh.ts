import type { ErrorCode } from '@latchkey/wire'
import type { AuthorizationServer } from '../authorization-server/authorization-server.ts'
import type { TokenSet, TokenResult } from '../authorization-server/token-result.ts'
import { createLeaseRunner } from './refresh-lease.ts'
import type { Logger } from '../log.ts'
import { describeError } from '../log.ts'
import type { Platform } from '../platform.ts'
import type { RefreshResult } from './refresh-result.ts'
import { assertSession, createLoginRequiredError, createFailedRefresh } from './refresh-result.ts'
import type { RevocableTokens } from '../authorization-server/revocation.ts'
import type { SessionData } from './session-data.ts'
import { createTokenData, isTokenExpired, isRefreshDue, wasIssuedRecently } from './session-data.ts'
import type { LoadedSession, Sessions } from './sessions.ts'

const maxBackoffMs = 60_000
/** A token that is dead, and refused again and again without a word of why, is a session that has ended. */
const maxUnexplainedRefusals = 3
/** Milliseconds by which a browser may ask too early, because it is told whole seconds. */
const roundingToleranceMs = 5_000
/** Milliseconds after which a write that failed is tried again. */
const writeRetryDelaysMs = [100, 300, 1000]

/** What {@link createRefresh} stands on. */
export interface RefreshOptions {
  sessions: Sessions
  server: AuthorizationServer
  /** Gives tokens back, in the background. */
  revoke: (tokens: RevocableTokens) => void
  platform: Platform
  logger: Logger
  /** Whether a 401 of the resource server says nothing about the token. */
  mayMeanInsufficientScope: boolean
  /** Milliseconds that a caller waits for another process to refresh. */
  maxWaitMs: number
}

/** Makes sure, as far as it can be done, that a session holds a token that the browser can use. */
export type Refresh = (session: LoadedSession, rejected: boolean) => Promise<RefreshResult>

/**
 * Refreshes each session at most once at a time, in this process and in all that share its store, because many servers
 * end a session whose refresh token comes twice. Callers only wait: nothing they do stops a refresh under way.
 *
 * The function it returns refreshes a token that is due or, however long it should live, was `rejected` by a resource
 * server. It throws `login_required` when the session has ended, with the reason.
 */
export function createRefresh(parts: RefreshOptions): Refresh {
  const { sessions, server, revoke, platform, logger, maxWaitMs, mayMeanInsufficientScope } = parts
  const runWithLease = createLeaseRunner(sessions, platform, logger, maxWaitMs)
  const pendingRefreshes = new Map<string, Promise<RefreshResult>>()

  return async (session, rejected) => {
    const { data, keys } = session
    const now = platform.now()
    const refreshable = server.canRefresh(data)
    if (!refreshable && (isTokenExpired(data, now) || (rejected && isRefreshRejected(data, now)))) {
      await sessions.end(session)
      throw createLoginRequiredError('no_refresh')
    }
    const wanted = refreshable && (rejected || isRefreshDue(data, now)) && !wasIssuedRecently(data, now)
    if (!wanted) return { session, failure: null }
    for (
      let flight = pendingRefreshes.get(keys.storeKey);
      flight;
      flight = pendingRefreshes.get(keys.storeKey)
    ) {
      const joined = await flight
      if (joined.failure || joined.session.data.sequence > data.sequence) return joined
    }
    const flight = runWithLease(session, () => refreshWithLease(session)).finally(() =>
      pendingRefreshes.delete(keys.storeKey),
    )
    pendingRefreshes.set(keys.storeKey, flight)
    return flight
  }

  /**
   * Whether a token that a browser wants to be rid of was rejected by the resource server, and nothing will change
   * that. One that is about to be due is only asked about in time, to within the seconds that rounding takes.
   */
  function isRefreshRejected(data: SessionData, now: number): boolean {
    return (
      !mayMeanInsufficientScope &&
      !wasIssuedRecently(data, now) &&
      !isRefreshDue(data, now + roundingToleranceMs)
    )
  }

  async function refreshWithLease(asked: LoadedSession): Promise<RefreshResult> {
    const session = assertSession(await sessions.reload(asked))
    const { sequence, backOff } = session.data
    const now = platform.now()
    if (sequence > asked.data.sequence || wasIssuedRecently(session.data, now))
      return { session, failure: null }
    if (backOff && backOff.until > now)
      return createFailedRefresh(session, backOff.code, Math.ceil((backOff.until - now) / 1000))
    if (!server.canRefresh(session.data)) return { session, failure: null }

    const grantResult = await server.refresh(session.data)
    const { result } = grantResult
    switch (result.kind) {
      case 'issued':
        return saveNewToken(session, grantResult.sentAt, result.token)
      case 'configuration_error':
      case 'rate_limited':
      case 'temporarily_unavailable':
        return scheduleRetry(session, result)
      case 'invalid_credentials':
      case 'session_ended':
      case 'challenge_required':
      case 'access_denied':
        if ('hint' in result) logger.info(`A refresh was refused: ${result.hint}`)
        return endRejectedSession(session)
    }
  }

  async function saveNewToken(
    session: LoadedSession,
    sentAt: number,
    token: TokenSet,
  ): Promise<RefreshResult> {
    const { sequence } = session.data
    const written = await retryWrite(() =>
      sessions.update(session, (data) =>
        data.sequence > sequence ? null : addTokenSet(data, sentAt, token),
      ),
    )
    if (typeof written !== 'string') return { session: written, failure: null }
    // Signed out while the refresh was under way: what came of it must not stay alive.
    revoke(token)
    throw createLoginRequiredError(written)
  }

  /** The old refresh token may be used up by now, so that a store which fails for a moment must not lose the new one. */
  async function retryWrite<T>(write: () => Promise<T>): Promise<T> {
    for (const wait of writeRetryDelaysMs) {
      try {
        return await write()
      } catch (error) {
        logger.warn(`A refreshed session could not be written, and is tried again: ${describeError(error)}`)
        await platform.sleep(wait)
      }
    }
    return write()
  }

  async function endRejectedSession(session: LoadedSession): Promise<RefreshResult> {
    const current = assertSession(await sessions.reload(session))
    if (current.data.sequence > session.data.sequence) return { session: current, failure: null }
    await sessions.end(session)
    throw createLoginRequiredError(current.data.isResponseLost === true ? 'refresh_lost' : 'refresh_rejected')
  }

  async function scheduleRetry(session: LoadedSession, result: RetryableResult): Promise<RefreshResult> {
    const { failures: before = 0, unexplained: so = 0 } = session.data.backOff ?? {}
    const failures = before + 1
    const unexplained = result.kind !== 'configuration_error' && result.isUnexplained === true ? so + 1 : 0
    if (unexplained >= maxUnexplainedRefusals && isTokenExpired(session.data, platform.now())) {
      logger.warn(
        `A session ends, because its refresh was refused ${unexplained} times in a row: ${result.hint}`,
      )
      return endRejectedSession(session)
    }
    const asked = result.kind === 'configuration_error' ? 0 : (result.retryAfter ?? 0) * 1000
    const wait = Math.max(asked, addJitter(Math.min(maxBackoffMs, 1000 * 2 ** (failures - 1))))
    const code = codes[result.kind]
    const until = platform.now() + wait
    const lost = result.kind !== 'configuration_error' && result.isResponseLost
    const written = await sessions.update(session, (data) =>
      data.sequence > session.data.sequence
        ? null
        : { ...data, backOff: { until, failures, code, unexplained }, ...(lost && { isResponseLost: true }) },
    )
    logger[code === 'server_error' ? 'error' : 'warn'](
      `A session was not refreshed and is kept: ${result.hint}`,
    )
    return createFailedRefresh(assertSession(written), code, Math.ceil(wait / 1000))
  }

  /** Between half of it and all of it, so that many sessions do not come back at the same moment. */
  function addJitter(milliseconds: number): number {
    const [random = 0] = platform.randomBytes(1)
    return milliseconds * (0.5 + random / 510)
  }
}

type RetryableResult = Extract<
  TokenResult,
  { kind: 'configuration_error' | 'rate_limited' | 'temporarily_unavailable' }
>

const codes: Record<RetryableResult['kind'], ErrorCode> = {
  configuration_error: 'server_error',
  rate_limited: 'temporarily_unavailable',
  temporarily_unavailable: 'temporarily_unavailable',
}

function addTokenSet(data: SessionData, sentAt: number, token: TokenSet): SessionData {
  const {
    backOff: _backOff,
    isResponseLost: _isResponseLost,
    refreshTokenExpiresAt: _refreshTokenExpiresAt,
    ...kept
  } = data
  return {
    ...kept,
    ...createTokenData(token, sentAt),
    sequence: data.sequence + 1,
    scope: token.scope ?? data.scope,
    user: token.user ? { ...data.user, ...token.user } : data.user,
  }
}
