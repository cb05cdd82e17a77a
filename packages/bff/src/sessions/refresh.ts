import type { ErrorCode } from '@latchkey/wire'
import type { AuthorizationServer } from '../authorization-server/authorization-server.ts'
import type { IssuedToken, Judgement } from '../authorization-server/token-result.ts'
import { createLease } from './refresh-lease.ts'
import type { Logger } from '../log.ts'
import { told } from '../log.ts'
import type { Platform } from '../platform.ts'
import type { Refreshed } from './refresh-result.ts'
import { alive, ended, unrefreshed } from './refresh-result.ts'
import type { Tokens } from '../authorization-server/revocation.ts'
import type { SessionData } from './session-data.ts'
import { heldFrom, isDead, isDue, isTooYoung } from './session-data.ts'
import type { Session, Sessions } from './sessions.ts'

const longestBackOff = 60_000
/** A token that is dead, and refused again and again without a word of why, is a session that has ended. */
const mostUnexplained = 3
/** Milliseconds by which a browser may ask too early, because it is told whole seconds. */
const rounding = 5_000
/** Milliseconds after which a write that failed is tried again. */
const writtenAgainAfter = [100, 300, 1000]

/** What {@link createRefresh} stands on. */
export interface RefreshParts {
  sessions: Sessions
  server: AuthorizationServer
  /** Gives tokens back, in the background. */
  revoke: (tokens: Tokens) => void
  platform: Platform
  logger: Logger
  /** Whether a 401 of the resource server says nothing about the token. */
  unauthorizedMayMeanScope: boolean
  /** Milliseconds that a caller waits for another process to refresh. */
  longestWait: number
}

/** Makes sure, as far as it can be done, that a session holds a token that the browser can use. */
export type Refresh = (session: Session, rejected: boolean) => Promise<Refreshed>

/**
 * Refreshes each session at most once at a time, in this process and in all that share its store, because many servers
 * end a session whose refresh token comes twice. Callers only wait: nothing they do stops a refresh under way.
 *
 * The function it returns refreshes a token that is due or, however long it should live, was `rejected` by a resource
 * server. It throws `login_required` when the session has ended, with the reason.
 */
export function createRefresh(parts: RefreshParts): Refresh {
  const { sessions, server, revoke, platform, logger, longestWait, unauthorizedMayMeanScope } = parts
  const inTurn = createLease(sessions, platform, logger, longestWait)
  const flights = new Map<string, Promise<Refreshed>>()

  return async (session, rejected) => {
    const { data, ticket } = session
    const now = platform.now()
    const refreshable = server.canRefresh(data)
    if (!refreshable && (isDead(data, now) || (rejected && isRefusedForGood(data, now)))) {
      await sessions.end(session)
      throw ended('no_refresh')
    }
    const wanted = refreshable && (rejected || isDue(data, now)) && !isTooYoung(data, now)
    if (!wanted) return { session, failure: null }
    for (let flight = flights.get(ticket.storeKey); flight; flight = flights.get(ticket.storeKey)) {
      const joined = await flight
      if (joined.failure || joined.session.data.sequence > data.sequence) return joined
    }
    const flight = inTurn(session, () => refreshInTurn(session)).finally(() =>
      flights.delete(ticket.storeKey),
    )
    flights.set(ticket.storeKey, flight)
    return flight
  }

  /**
   * Whether a token that a browser wants to be rid of was rejected by the resource server, and nothing will change
   * that. One that is about to be due is only asked about in time, to within the seconds that rounding takes.
   */
  function isRefusedForGood(data: SessionData, now: number): boolean {
    return !unauthorizedMayMeanScope && !isTooYoung(data, now) && !isDue(data, now + rounding)
  }

  async function refreshInTurn(asked: Session): Promise<Refreshed> {
    const session = alive(await sessions.again(asked))
    const { sequence, backOff } = session.data
    const now = platform.now()
    if (sequence > asked.data.sequence || isTooYoung(session.data, now)) return { session, failure: null }
    if (backOff && backOff.until > now)
      return unrefreshed(session, backOff.code, Math.ceil((backOff.until - now) / 1000))
    if (!server.canRefresh(session.data)) return { session, failure: null }

    const granting = await server.refresh(session.data)
    const { judgement } = granting
    switch (judgement.kind) {
      case 'issued':
        return adopt(session, granting.sentAt, judgement.token)
      case 'config':
      case 'rate_limited':
      case 'transient':
        return postpone(session, judgement)
      case 'bad_credentials':
      case 'session_ended':
      case 'challenge':
      case 'forbidden':
        if ('hint' in judgement) logger.info(`A refresh was refused: ${judgement.hint}`)
        return endRefused(session)
    }
  }

  async function adopt(session: Session, sentAt: number, token: IssuedToken): Promise<Refreshed> {
    const { sequence } = session.data
    const written = await persisted(() =>
      sessions.change(session, (data) => (data.sequence > sequence ? null : withToken(data, sentAt, token))),
    )
    if (typeof written !== 'string') return { session: written, failure: null }
    // Signed out while the refresh was under way: what came of it must not stay alive.
    revoke(token)
    throw ended(written)
  }

  /** The old refresh token may be used up by now, so that a store which fails for a moment must not lose the new one. */
  async function persisted<T>(write: () => Promise<T>): Promise<T> {
    for (const wait of writtenAgainAfter) {
      try {
        return await write()
      } catch (error) {
        logger.warn(`A refreshed session could not be written, and is tried again: ${told(error)}`)
        await platform.sleep(wait)
      }
    }
    return write()
  }

  async function endRefused(session: Session): Promise<Refreshed> {
    const current = alive(await sessions.again(session))
    if (current.data.sequence > session.data.sequence) return { session: current, failure: null }
    await sessions.end(session)
    throw ended(current.data.lost === true ? 'lost' : 'refused')
  }

  async function postpone(session: Session, judgement: Failed): Promise<Refreshed> {
    const { failures: before = 0, unexplained: so = 0 } = session.data.backOff ?? {}
    const failures = before + 1
    const unexplained = judgement.kind !== 'config' && judgement.unexplained === true ? so + 1 : 0
    if (unexplained >= mostUnexplained && isDead(session.data, platform.now())) {
      logger.warn(
        `A session ends, because its refresh was refused ${unexplained} times in a row: ${judgement.hint}`,
      )
      return endRefused(session)
    }
    const asked = judgement.kind === 'config' ? 0 : (judgement.retryAfter ?? 0) * 1000
    const wait = Math.max(asked, jittered(Math.min(longestBackOff, 1000 * 2 ** (failures - 1))))
    const code = codes[judgement.kind]
    const until = platform.now() + wait
    const lost = judgement.kind !== 'config' && judgement.lost
    const written = await sessions.change(session, (data) =>
      data.sequence > session.data.sequence
        ? null
        : { ...data, backOff: { until, failures, code, unexplained }, ...(lost && { lost }) },
    )
    logger[code === 'server_error' ? 'error' : 'warn'](
      `A session was not refreshed and is kept: ${judgement.hint}`,
    )
    return unrefreshed(alive(written), code, Math.ceil(wait / 1000))
  }

  /** Between half of it and all of it, so that many sessions do not come back at the same moment. */
  function jittered(milliseconds: number): number {
    const [random = 0] = platform.randomBytes(1)
    return milliseconds * (0.5 + random / 510)
  }
}

type Failed = Extract<Judgement, { kind: 'config' | 'rate_limited' | 'transient' }>

const codes: Record<Failed['kind'], ErrorCode> = {
  config: 'server_error',
  rate_limited: 'temporarily_unavailable',
  transient: 'temporarily_unavailable',
}

function withToken(data: SessionData, sentAt: number, token: IssuedToken): SessionData {
  const { backOff: _backOff, lost: _lost, refreshEndsAt: _refreshEndsAt, ...kept } = data
  return {
    ...kept,
    ...heldFrom(token, sentAt),
    sequence: data.sequence + 1,
    scope: token.scope ?? data.scope,
    user: token.user ? { ...data.user, ...token.user } : data.user,
  }
}
