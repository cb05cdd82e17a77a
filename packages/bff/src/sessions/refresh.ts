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
/** Rejections without a reason, in a row, after which a session with an expired token ends. */
const maxUnexplainedRejections = 3
/** Milliseconds by which a browser may request a token too early, because it gets whole seconds. */
const roundingToleranceMs = 5_000
/** Milliseconds to wait before each retry of a failed write. */
const writeRetryDelaysMs = [100, 300, 1000]

/** The options of {@link createRefresh}. */
export interface RefreshOptions {
  sessions: Sessions
  server: AuthorizationServer
  /** Revokes tokens, in the background. */
  revoke: (tokens: RevocableTokens) => void
  platform: Platform
  logger: Logger
  /** Whether a 401 of the resource server may mean that the scope is insufficient. */
  mayMeanInsufficientScope: boolean
  /** Milliseconds to wait for another process that is refreshing. */
  maxWaitMs: number
}

/**
 * Refreshes the token of a session if that is due or if a resource server `rejected` it, and returns the session.
 *
 * @throws BffError `login_required` with the reason, when the session has ended
 */
export type Refresh = (session: LoadedSession, rejected: boolean) => Promise<RefreshResult>

/**
 * Creates the function that refreshes sessions. A session is refreshed at most once at a time, in this process and in
 * all that share its store, because many servers revoke a session whose refresh token is used twice (RFC 9700 §4.14.2).
 * A running refresh continues when its callers abort their requests.
 */
export function createRefresh(options: RefreshOptions): Refresh {
  const { sessions, server, revoke, platform, logger, maxWaitMs, mayMeanInsufficientScope } = options
  const runWithLease = createLeaseRunner(sessions, platform, logger, maxWaitMs)
  const pendingRefreshes = new Map<string, Promise<RefreshResult>>()

  return async (session, rejected) => {
    const { data, keys } = session
    const now = platform.now()
    const canRefresh = server.canRefresh(data)
    if (!canRefresh && (isTokenExpired(data, now) || (rejected && wasTokenRejected(data, now)))) {
      await sessions.end(session)
      throw createLoginRequiredError('no_refresh')
    }
    const needsRefresh = canRefresh && (rejected || isRefreshDue(data, now)) && !wasIssuedRecently(data, now)
    if (!needsRefresh) return { session, failure: null }
    for (;;) {
      const pendingRefresh = pendingRefreshes.get(keys.storeKey)
      if (!pendingRefresh) break
      const result = await pendingRefresh
      if (result.failure || result.session.data.sequence > data.sequence) return result
    }
    const refresh = runWithLease(session, () => refreshWithLease(session)).finally(() =>
      pendingRefreshes.delete(keys.storeKey),
    )
    pendingRefreshes.set(keys.storeKey, refresh)
    return refresh
  }

  /**
   * Whether a browser's request for a newer token means that the resource server rejected the present one. A request
   * shortly before the refresh is due does not: the browser then only refreshes in time.
   */
  function wasTokenRejected(data: SessionData, now: number): boolean {
    return (
      !mayMeanInsufficientScope &&
      !wasIssuedRecently(data, now) &&
      !isRefreshDue(data, now + roundingToleranceMs)
    )
  }

  async function refreshWithLease(loaded: LoadedSession): Promise<RefreshResult> {
    const session = assertSession(await sessions.reload(loaded))
    const { sequence, backOff } = session.data
    const now = platform.now()
    if (sequence > loaded.data.sequence || wasIssuedRecently(session.data, now))
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
        if ('hint' in result) logger.info(`Refresh rejected: ${result.hint}`)
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
    // The session ended during the refresh: revoke the new tokens.
    revoke(token)
    throw createLoginRequiredError(written)
  }

  /** The server may have invalidated the old refresh token, so a short failure of the store must not lose the new one. */
  async function retryWrite<T>(write: () => Promise<T>): Promise<T> {
    for (const delayMs of writeRetryDelaysMs) {
      try {
        return await write()
      } catch (error) {
        logger.warn(`Refreshed session not saved, next attempt in ${delayMs} ms: ${describeError(error)}`)
        await platform.sleep(delayMs)
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
    const isConfigurationError = result.kind === 'configuration_error'
    const previous = session.data.backOff
    const failures = (previous?.failures ?? 0) + 1
    const isUnexplained = !isConfigurationError && result.isUnexplained === true
    const unexplained = isUnexplained ? (previous?.unexplained ?? 0) + 1 : 0
    if (unexplained >= maxUnexplainedRejections && isTokenExpired(session.data, platform.now())) {
      logger.warn(`Refresh rejected ${unexplained} times in a row without a reason: ${result.hint}`)
      return endRejectedSession(session)
    }
    const retryAfterMs = isConfigurationError ? 0 : (result.retryAfter ?? 0) * 1000
    const waitMs = Math.max(retryAfterMs, addJitter(Math.min(maxBackoffMs, 1000 * 2 ** (failures - 1))))
    const waitSeconds = Math.ceil(waitMs / 1000)
    const code = errorCodeByKind[result.kind]
    const backOff = { until: platform.now() + waitMs, failures, code, unexplained }
    const isResponseLost = !isConfigurationError && result.isResponseLost
    const written = await sessions.update(session, (data) =>
      data.sequence > session.data.sequence
        ? null
        : { ...data, backOff, ...(isResponseLost && { isResponseLost }) },
    )
    logger[isConfigurationError ? 'error' : 'warn'](
      `Refresh postponed for ${waitSeconds} s, session kept: ${result.hint}`,
    )
    return createFailedRefresh(assertSession(written), code, waitSeconds)
  }

  /** Returns between half and all of a duration, so that sessions do not retry at the same moment. */
  function addJitter(milliseconds: number): number {
    const [random = 0] = platform.randomBytes(1)
    return milliseconds * (0.5 + random / 510)
  }
}

type RetryableResult = Extract<
  TokenResult,
  { kind: 'configuration_error' | 'rate_limited' | 'temporarily_unavailable' }
>

const errorCodeByKind: Record<RetryableResult['kind'], ErrorCode> = {
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
