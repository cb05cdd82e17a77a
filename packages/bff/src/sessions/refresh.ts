import type { AuthorizationServer } from '../authorization-server/authorization-server.ts'
import type { TokenResult } from '../authorization-server/token-result.ts'
import type { AuditLog } from '../events/audit-log.ts'
import type { BackgroundTasks } from '../background-tasks.ts'
import { createLeaseRunner } from './refresh-lease.ts'
import type { Instrument } from '../instrument.ts'
import type { Logger } from '../log.ts'
import type { SessionClock } from './moments.ts'
import {
  canRefreshNow,
  getBackOffLeft,
  isRefreshDue,
  isTokenExpired,
  isTokenOver,
  maxBackOffMs,
  wasIssuedRecently,
} from './moments.ts'
import type { Platform } from '../platform.ts'
import { runMeasuredRefresh } from './measured-refresh.ts'
import type { RefreshResult } from './refresh-result.ts'
import { assertSession, createLoginRequiredError, createFailedRefresh } from './refresh-result.ts'
import type { RevocableTokens } from '../authorization-server/revocation.ts'
import type { SessionData } from './session-data.ts'
import type { LoadedSession, Sessions } from './sessions.ts'
import type { RefreshedTokens } from './token-saver.ts'
import { createTokenSaver } from './token-saver.ts'

/** Milliseconds of the longest wait that grows with the failures. */
const maxGrowingBackOffMs = 60_000
/** Rejections without a reason, in a row, after which a session with an expired token ends. */
const maxUnexplainedRejections = 3
/** Milliseconds by which a browser may request a token too early, because it gets whole seconds. */
const roundingToleranceMs = 5_000

/** The options of {@link createRefresh}. */
export interface RefreshOptions {
  sessions: Sessions
  server: AuthorizationServer
  /** Revokes tokens, in the background. */
  revoke: (tokens: RevocableTokens) => void
  /** Whether a refresh without a refresh token returns tokens of a grant of their own. */
  reissues: boolean
  background: Pick<BackgroundTasks, 'closing' | 'track'>
  clock: SessionClock
  platform: Platform
  logger: Logger
  audit: Pick<AuditLog, 'record'>
  /** Whether a 401 of the resource server may mean that the scope is insufficient. */
  mayMeanInsufficientScope: boolean
  /** Milliseconds to wait for another process that is refreshing. */
  maxWaitMs: number
  /** Measures refreshes; none when absent. */
  instrument?: Instrument | undefined
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
 * A running refresh continues when its callers abort their requests, and `close()` waits for it.
 */
export function createRefresh(options: RefreshOptions): Refresh {
  const { sessions, server, revoke, background, clock, logger, audit, maxWaitMs, mayMeanInsufficientScope } =
    options
  const runWithLease = createLeaseRunner(sessions, options.platform, logger, maxWaitMs)
  const saveTokens = createTokenSaver({ ...options, closing: background.closing })
  const pendingRefreshes = new Map<string, Promise<RefreshResult>>()

  return (session, rejected) =>
    // Most calls: the token is valid for longer.
    server.canRefresh(session.data) && !canRefreshNow(session.data, clock.read(), rejected)
      ? Promise.resolve({ session, failure: null })
      : refreshOrEnd(session, rejected)

  async function refreshOrEnd(session: LoadedSession, rejected: boolean): Promise<RefreshResult> {
    const { data, keys } = session
    const present = clock.read()
    if (!server.canRefresh(data)) {
      const isOver = isTokenOver(data, present)
      if (isOver && !present.isConfirmed) throw createLoginRequiredError('no_refresh')
      return isOver || (rejected && wasTokenRejected(data))
        ? endUnrefreshable(session)
        : { session, failure: null }
    }
    for (;;) {
      const pendingRefresh = pendingRefreshes.get(keys.storeKey)
      if (!pendingRefresh) break
      const result = await pendingRefresh
      if (result.failure || result.session.data.sequence > data.sequence) return result
    }
    if (background.closing.aborted) return createFailedRefresh(session, 'temporarily_unavailable', 1)
    return startRefresh(session, rejected)
  }

  /** The result is known when the refresh is done, or when the store keeps failing: then the refresh continues. */
  function startRefresh(session: LoadedSession, rejected: boolean): Promise<RefreshResult> {
    let onDelay = (_error: unknown): void => {}
    const delayed = new Promise<never>((_, reject) => (onDelay = reject))
    const done = runMeasuredRefresh(options.instrument, session, (onGrant) =>
      runWithLease(session, (onIssued) =>
        refreshWithLease(session, rejected, () => (onGrant(), onIssued()), onDelay),
      ),
    ).finally(() => pendingRefreshes.delete(session.keys.storeKey))
    const result = Promise.race([background.track(done), delayed])
    pendingRefreshes.set(session.keys.storeKey, result)
    return result
  }

  /**
   * Whether a browser's request for a newer token means that the resource server rejected the present one. A request
   * shortly before the refresh is due does not: the browser then only refreshes in time.
   */
  function wasTokenRejected(data: SessionData): boolean {
    const present = clock.read()
    return (
      !mayMeanInsufficientScope &&
      !wasIssuedRecently(data, present) &&
      !isRefreshDue(data, present, roundingToleranceMs)
    )
  }

  async function refreshWithLease(
    loaded: LoadedSession,
    rejected: boolean,
    onIssued: () => void,
    onDelay: (error: unknown) => void,
  ): Promise<RefreshResult> {
    const session = assertSession(await sessions.reload(loaded))
    const present = clock.read()
    if (session.data.sequence > loaded.data.sequence || !canRefreshNow(session.data, present, rejected))
      return { session, failure: null }
    const { backOff } = session.data
    const backOffLeftMs = getBackOffLeft(session.data, present)
    if (backOff && backOffLeftMs > 0)
      return createFailedRefresh(session, backOff.code, Math.ceil(backOffLeftMs / 1000))
    if (!server.canRefresh(session.data)) return { session, failure: null }
    const wasRejected = rejected && !isRefreshDue(session.data, present)

    const grantResult = await server.refresh(session.data)
    const { result } = grantResult
    switch (result.kind) {
      case 'issued':
        onIssued()
        return finish(session, { token: result.token, sentAt: grantResult.sentAt, wasRejected }, onDelay)
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

  async function finish(
    session: LoadedSession,
    tokens: RefreshedTokens,
    onDelay: (error: unknown) => void,
  ): Promise<RefreshResult> {
    const saved = assertSession(await saveTokens(session, tokens, onDelay))
    const { sequence, subject } = saved.data
    audit.record({ type: 'refresh.succeeded', session_id: saved.keys.sessionId, subject, sequence })
    return { session: saved, failure: null }
  }

  async function endUnrefreshable(session: LoadedSession): Promise<RefreshResult> {
    const ended = await sessions.endWithReason(session, 'no_refresh')
    const isWorthless = session.data.refreshToken === null && isTokenExpired(session.data, clock.read())
    if (ended === 'no_refresh' && !isWorthless) revoke(session.data)
    return { session: assertSession(ended), failure: null }
  }

  async function endRejectedSession(session: LoadedSession): Promise<RefreshResult> {
    const current = assertSession(await sessions.reload(session))
    if (current.data.sequence > session.data.sequence) return { session: current, failure: null }
    const reason = current.data.isResponseLost === true ? 'refresh_lost' : 'refresh_rejected'
    return { session: assertSession(await sessions.endWithReason(current, reason)), failure: null }
  }

  async function scheduleRetry(session: LoadedSession, result: RetryableResult): Promise<RefreshResult> {
    const isConfigurationError = result.kind === 'configuration_error'
    const previous = session.data.backOff
    const failures = (previous?.failures ?? 0) + 1
    const isUnexplained = !isConfigurationError && result.isUnexplained === true
    const unexplained = isUnexplained ? (previous?.unexplained ?? 0) + 1 : 0
    if (unexplained >= maxUnexplainedRejections && isTokenExpired(session.data, clock.read())) {
      logger.warn(`Refresh rejected ${unexplained} times in a row without a reason: ${result.hint}`)
      return endRejectedSession(session)
    }
    const retryAfterMs = isConfigurationError ? 0 : (result.retryAfter ?? 0) * 1000
    const growingMs = addJitter(Math.min(maxGrowingBackOffMs, 1000 * 2 ** (failures - 1)))
    // A maintenance page may ask for a day, and be gone in minutes.
    const waitMs = Math.min(maxBackOffMs, Math.max(retryAfterMs, growingMs))
    const waitSeconds = Math.ceil(waitMs / 1000)
    const code = errorCodeByKind[result.kind]
    const backOff = { until: clock.read().latest + waitMs, failures, code, unexplained }
    const isResponseLost = !isConfigurationError && result.isResponseLost
    const written = await sessions.update(session, (data) =>
      data.sequence > session.data.sequence
        ? null
        : { ...data, backOff, ...(isResponseLost && { isResponseLost }) },
    )
    logger[isConfigurationError ? 'error' : 'warn'](
      `Refresh postponed for ${waitSeconds} s, session kept: ${result.hint}`,
    )
    const kept = assertSession(written)
    audit.record({
      type: 'refresh.failed',
      session_id: kept.keys.sessionId,
      subject: kept.data.subject,
      reason: code,
      retry_after: waitSeconds,
    })
    return createFailedRefresh(kept, code, waitSeconds)
  }

  /** Returns between half and all of a duration, so that sessions do not retry at the same moment. */
  function addJitter(milliseconds: number): number {
    const [random = 0] = options.platform.randomBytes(1)
    return milliseconds * (0.5 + random / 510)
  }
}

type RetryableResult = Extract<
  TokenResult,
  { kind: 'configuration_error' | 'rate_limited' | 'temporarily_unavailable' }
>

const errorCodeByKind: Record<RetryableResult['kind'], 'server_error' | 'temporarily_unavailable'> = {
  configuration_error: 'server_error',
  rate_limited: 'temporarily_unavailable',
  temporarily_unavailable: 'temporarily_unavailable',
}
