import type { ErrorCode, LoginReason } from '@latchkey/wire'
import type { AuthorizationServer } from './authorization-server.ts'
import type { Background } from './background.ts'
import { BffError } from './errors.ts'
import type { Logger } from './log.ts'
import type { Platform } from './platform.ts'
import type { SessionData } from './session-data.ts'
import { isDead, isDue, isTooYoung } from './session-data.ts'
import type { Session, Sessions } from './sessions.ts'
import type { IssuedToken, Judgement } from './token-response.ts'

const leaseFor = 5000
const leaseRenewedAfter = 2000
const leaseAskedEvery = 50
const longestBackOff = 60_000

/** A session after a refresh was wanted; `failure` tells why it still holds the token it had. */
export interface Refreshed {
  session: Session
  failure: BffError | null
}

/** What {@link createRefresh} stands on. */
export interface RefreshParts {
  sessions: Sessions
  server: AuthorizationServer
  background: Background
  platform: Platform
  logger: Logger
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
  const { sessions, server, background, platform, logger, longestWait } = parts
  const flights = new Map<string, Promise<Refreshed>>()

  return async (session, rejected) => {
    const { data, ticket } = session
    const now = platform.now()
    if (data.refreshToken === null && isDead(data, now)) {
      await sessions.end(session)
      throw ended('no_refresh')
    }
    const wanted = data.refreshToken !== null && (rejected || isDue(data, now)) && !isTooYoung(data, now)
    if (!wanted) return { session, failure: null }
    for (let flight = flights.get(ticket.storeKey); flight; flight = flights.get(ticket.storeKey)) {
      const joined = await flight
      if (joined.failure || joined.session.data.sequence > data.sequence) return joined
    }
    const flight = refresh(session).finally(() => flights.delete(ticket.storeKey))
    flights.set(ticket.storeKey, flight)
    return flight
  }

  async function refresh(session: Session): Promise<Refreshed> {
    const owner = Buffer.from(platform.randomBytes(16)).toString('base64url')
    const newer = await turn(session, owner)
    if (newer) return newer
    const done = new AbortController()
    const renewing = keepLease(session, owner, done.signal)
    try {
      return await refreshInTurn(session)
    } finally {
      done.abort()
      await renewing
      await sessions.release(session, owner)
    }
  }

  /** Waits until this flight is the one to refresh (`null`), or another has done it. */
  async function turn(session: Session, owner: string): Promise<Refreshed | null> {
    const giveUpAt = platform.now() + longestWait
    while (!(await sessions.lease(session, owner, leaseFor))) {
      const current = alive(await sessions.again(session))
      if (current.data.sequence > session.data.sequence) return { session: current, failure: null }
      if (platform.now() > giveUpAt) {
        const failure = failed(
          'temporarily_unavailable',
          1,
          'another process did not finish refreshing this session',
        )
        return { session: current, failure }
      }
      await platform.sleep(leaseAskedEvery)
    }
    return null
  }

  async function keepLease(session: Session, owner: string, done: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await platform.sleep(leaseRenewedAfter, done)
        await sessions.lease(session, owner, leaseFor)
      }
    } catch (error) {
      if (!done.aborted)
        logger.warn(`The lease of a refresh could not be prolonged: ${String(Object(error).hint)}`)
    }
  }

  async function refreshInTurn(asked: Session): Promise<Refreshed> {
    const session = alive(await sessions.again(asked))
    const { sequence, refreshToken, backOff } = session.data
    const now = platform.now()
    if (sequence > asked.data.sequence || isTooYoung(session.data, now)) return { session, failure: null }
    if (backOff && backOff.until > now) {
      const wait = Math.ceil((backOff.until - now) / 1000)
      return { session, failure: failed(backOff.code, wait) }
    }
    if (refreshToken === null) return { session, failure: null }

    const granting = await server.refresh(refreshToken)
    const { judgement } = granting
    if (judgement.kind === 'issued') return adopt(session, granting.sentAt, judgement.token)
    return 'hint' in judgement ? postpone(session, judgement) : endRefused(session)
  }

  async function adopt(session: Session, sentAt: number, token: IssuedToken): Promise<Refreshed> {
    const { sequence } = session.data
    const written = await sessions.change(session, (data) =>
      data.sequence > sequence ? null : withToken(data, sentAt, token),
    )
    if (typeof written !== 'string') return { session: written, failure: null }
    // Signed out while the refresh was under way: what came of it must not stay alive.
    const { refreshToken, accessToken } = token
    background.run('Revoking', () =>
      refreshToken === null
        ? server.revoke(accessToken, 'access_token')
        : server.revoke(refreshToken, 'refresh_token'),
    )
    throw ended(written)
  }

  async function endRefused(session: Session): Promise<Refreshed> {
    const current = alive(await sessions.again(session))
    if (current.data.sequence > session.data.sequence) return { session: current, failure: null }
    await sessions.end(session)
    throw ended(current.data.lost === true ? 'lost' : 'refused')
  }

  async function postpone(session: Session, judgement: Failed): Promise<Refreshed> {
    const failures = (session.data.backOff?.failures ?? 0) + 1
    const asked = judgement.kind === 'config' ? 0 : (judgement.retryAfter ?? 0) * 1000
    const wait = Math.max(asked, jittered(Math.min(longestBackOff, 1000 * 2 ** (failures - 1))))
    const code = codes[judgement.kind]
    const until = platform.now() + wait
    const lost = judgement.kind !== 'config' && judgement.lost
    const written = await sessions.change(session, (data) =>
      data.sequence > session.data.sequence
        ? null
        : { ...data, backOff: { until, failures, code }, ...(lost && { lost }) },
    )
    logger[code === 'server_error' ? 'error' : 'warn'](
      `A session was not refreshed and is kept: ${judgement.hint}`,
    )
    return { session: alive(written), failure: failed(code, Math.ceil(wait / 1000)) }
  }

  /** Between half of it and all of it, so that many sessions do not come back at the same moment. */
  function jittered(milliseconds: number): number {
    const [random = 0] = platform.randomBytes(1)
    return milliseconds * (0.5 + random / 510)
  }
}

type Failed = Extract<Judgement, { hint: string }>

const codes: Record<Failed['kind'], ErrorCode> = {
  config: 'server_error',
  rate_limited: 'temporarily_unavailable',
  transient: 'temporarily_unavailable',
}

function withToken(data: SessionData, sentAt: number, token: IssuedToken): SessionData {
  const { backOff: _backOff, lost: _lost, ...kept } = data
  return {
    ...kept,
    sequence: data.sequence + 1,
    accessToken: token.accessToken,
    issuedAt: sentAt,
    lifetime: token.lifetime,
    // An answer without one means that the old one goes on (RFC 6749 §6); with one, the old one is not used again.
    refreshToken: token.refreshToken ?? data.refreshToken,
    scope: token.scope ?? data.scope,
    user: token.user ?? data.user,
  }
}

function alive(found: Session | LoginReason): Session {
  if (typeof found === 'string') throw ended(found)
  return found
}

/** The error that tells a browser to sign in again. */
export function ended(reason: LoginReason): BffError {
  return new BffError('login_required', 'There is no session, or it has ended', { reason })
}

function failed(code: ErrorCode, retryAfter: number, hint?: string): BffError {
  return code === 'server_error'
    ? new BffError(code, 'The authorization server refuses this application', { status: 502 })
    : new BffError(code, 'The authorization server cannot issue a token at the moment', {
        retryAfter,
        ...(hint !== undefined && { hint }),
      })
}
