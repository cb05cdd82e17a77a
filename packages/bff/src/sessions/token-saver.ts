import type { LoginRequiredReason } from '@latchkey/wire'
import type { RevocableTokens } from '../authorization-server/revocation.ts'
import type { TokenSet } from '../authorization-server/token-result.ts'
import type { Logger } from '../log.ts'
import { describeError } from '../log.ts'
import type { Platform } from '../platform.ts'
import { createRepeatLimiter } from '../repeated-lines.ts'
import type { SessionClock } from './moments.ts'
import { isOver } from './moments.ts'
import type { SessionData } from './session-data.ts'
import { createTokenData } from './session-data.ts'
import { getSessionEnd } from './session-end.ts'
import type { LoadedSession, Sessions } from './sessions.ts'
import { getExcessiveUserBytes, maxUserBytes, withUserChanges } from './user-size.ts'

/** Milliseconds to wait before each retry of a failed write; the last one also before all later retries. */
const retryDelaysMs = [100, 300, 1000]

/** The options of {@link createTokenSaver}. */
export interface TokenSaverOptions {
  sessions: Sessions
  /** Revokes tokens, in the background. */
  revoke: (tokens: RevocableTokens) => void
  /** Whether a refresh without a refresh token returns tokens of a grant of their own. */
  reissues: boolean
  clock: SessionClock
  platform: Platform
  logger: Logger
  /** Aborts when the BFF closes: then as many attempts are made as there are delays, and one more. */
  closing: AbortSignal
}

/** The tokens of a refresh. */
export interface RefreshedTokens {
  token: TokenSet
  /** When the token request was sent, in milliseconds since 1970. */
  sentAt: number
  /** Whether a resource server rejected the previous token before its refresh was due. */
  wasRejected: boolean
}

/**
 * Saves the tokens of a refresh, and keeps them while the store fails: the server may have invalidated the old refresh
 * token. Tokens that cannot be saved are revoked.
 *
 * @param onDelay called with the error when the store keeps failing; the attempts continue
 */
export type SaveTokens = (
  session: LoadedSession,
  tokens: RefreshedTokens,
  onDelay: (error: unknown) => void,
) => Promise<LoadedSession | LoginRequiredReason>

export function createTokenSaver(options: TokenSaverOptions): SaveTokens {
  const { sessions, revoke, reissues, clock, platform, logger, closing } = options
  const warnAtMostOnceAMinute = createRepeatLimiter(logger, () => platform.now())

  return async (session, tokens, onDelay) => {
    const { token } = tokens
    try {
      const saved = await retryUntilSaved(session, () => save(session, tokens), onDelay)
      if (typeof saved === 'string' || isUnusedGrant(session, saved, token)) revoke(token)
      warnOfUserSize(session, token)
      return saved
    } catch (error) {
      revoke(token)
      logger.error(`Refreshed session not saved, its new tokens are revoked: ${describeError(error)}`)
      throw error
    }
  }

  function warnOfUserSize({ data }: LoadedSession, token: TokenSet): void {
    const byteLength = getExcessiveUserBytes(data.user, token.user)
    if (byteLength !== null)
      warnAtMostOnceAMinute(
        `Refresh kept the previous user: the new one has ${byteLength} bytes, and a session stores at most ${maxUserBytes}. ` +
          'Let response.user and response.extraUserFields of the provider name a smaller part of the response.',
      )
  }

  async function save(
    session: LoadedSession,
    tokens: RefreshedTokens,
  ): Promise<LoadedSession | LoginRequiredReason> {
    const { sequence, heartbeat } = session.data
    const saved = await sessions.update(session, (data) => {
      if (data.sequence > sequence) return null
      const isGivenUp = data.isResponseLost === true && data.heartbeat !== heartbeat
      return addTokens(data, tokens, isGivenUp)
    })
    return saved === 'refresh_lost' ? sessions.reopen(session, addTokens(session.data, tokens, true)) : saved
  }

  async function retryUntilSaved<T>(
    session: LoadedSession,
    write: () => Promise<T>,
    onDelay: (error: unknown) => void,
  ): Promise<T> {
    let closingAttempts = 0
    for (let attempt = 0; ; attempt += 1) {
      if (closing.aborted) closingAttempts += 1
      try {
        return await write()
      } catch (error) {
        const isLast = closingAttempts > retryDelaysMs.length
        if (isLast || isOver(getSessionEnd(session), clock.read())) throw error
        const failures = closingAttempts === 0 ? attempt : closingAttempts - 1
        const delayMs = retryDelaysMs[Math.min(failures, retryDelaysMs.length - 1)] ?? 0
        if (attempt <= retryDelaysMs.length)
          logger.warn(`Refreshed session not saved, next attempt in ${delayMs} ms: ${describeError(error)}`)
        if (attempt === retryDelaysMs.length) onDelay(error)
        await platform.sleep(delayMs, closingAttempts === 0 ? closing : undefined).catch(() => {})
      }
    }
  }

  /**
   * Whether another process saved other tokens, and these belong to a grant of their own. Tokens of the same grant are
   * not revoked: that would revoke those of the other process (RFC 7009 §2.1).
   */
  function isUnusedGrant({ data }: LoadedSession, saved: LoadedSession, token: TokenSet): boolean {
    return reissues && data.refreshToken === null && saved.data.accessToken !== token.accessToken
  }
}

/**
 * @param isGivenUp whether another process gave this refresh up. It sends the refresh token again, for which the server may
 *   revoke the new one.
 */
function addTokens(
  data: SessionData,
  { token, sentAt, wasRejected }: RefreshedTokens,
  isGivenUp: boolean,
): SessionData {
  const {
    backOff: _backOff,
    heartbeat: _heartbeat,
    isResponseLost: _isResponseLost,
    refreshTokenExpiresAt: _refreshTokenExpiresAt,
    ...kept
  } = data
  return {
    ...kept,
    ...createTokenData(token, sentAt),
    ...(wasRejected && { rejectionRefreshedAt: sentAt }),
    ...(isGivenUp && { isResponseLost: true }),
    sequence: data.sequence + 1,
    scope: token.scope ?? data.scope,
    user: withUserChanges(data.user, token.user),
  }
}
