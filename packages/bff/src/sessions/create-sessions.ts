import type { KeyObject } from 'node:crypto'
import type { LoginRequiredReason } from '@latchkey/wire'
import { BffError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Platform } from '../platform.ts'
import type { SessionClock } from './moments.ts'
import { getAge, maxClockDifferenceMs } from './moments.ts'
import type { RecordKeys } from './seal.ts'
import { deriveRecordKeys, cookieByteLength } from './seal.ts'
import { sealSessionData, unsealSessionData } from './sealed-data.ts'
import type { EndedSessionData, SessionData } from './session-data.ts'
import type { OwnEndReason, SessionLimits } from './session-end.ts'
import { findEndReason, getEndAfterUse, logSessionEnd, retentionMs } from './session-end.ts'
import type { Store } from '../stores/store.ts'
import type { LoadedSession, Sessions } from './sessions.ts'
import type { OnSessionEnded } from './user-sessions.ts'
import { createUserIndexName, endOldestSessions } from './user-sessions.ts'
import { waitForChange } from './wait-for-change.ts'

/** Milliseconds after which the response to a refresh that was given up does not open the session again. */
const maxReopenAgeMs = 30_000
/** Milliseconds by which a use must change the end of a session to be written. */
const minTouchMs = 1000

/** The options of {@link createSessions}. */
export interface SessionsOptions {
  store: Store
  limits: SessionLimits
  /** Identifies the provider; sessions of other providers are not found. */
  provider: string
  /** The base path of this BFF. */
  basePath: string
  /** The deployer's secrets, mixed into every key: the first seals, all open. */
  secrets: readonly KeyObject[]
  clock: SessionClock
  platform: Platform
  logger: Logger
  /** Whether the reason of an end is kept; not for a session that is created again. */
  keepsReasons: boolean
  /** Called with the data of a session that was ended because it had reached a limit, or is of an earlier provider. */
  onExpired: (data: SessionData) => void
  onEnded: OnSessionEnded
}

export function createSessions(options: SessionsOptions): Sessions {
  const {
    store,
    limits,
    provider,
    basePath,
    secrets,
    clock,
    platform,
    logger,
    keepsReasons,
    onExpired,
    onEnded,
  } = options

  return {
    open: (cookie) => openCookie(cookie, false),
    peek: (cookie) => openCookie(cookie, true),
    reload: ({ keys }) => loadSession(keys),
    async create(data) {
      await endOldestSessions(store, data.subject, limits.perUser, clock.read(), onEnded)
      const cookie = platform.randomBytes(cookieByteLength)
      const session = await insertSession(cookie, data)
      if (!session)
        throw new BffError('server_error', 'The session could not be saved', {
          hint: 'Session creation failed with 500: two sessions got the same id. Check the source of random bytes.',
        })
      return { cookie, session }
    },
    createOrLoad: async (cookie, data) =>
      (await insertSession(cookie, data)) ?? loadSession(deriveRecordKeys(cookie, secrets)),
    isTouchDue: (session) => getTouchedEnd(session) !== null,
    touch: (session) =>
      write(session, (current) => {
        const expiresAt = getTouchedEnd(current)
        return expiresAt === null ? null : { data: current.data, record: { ...current.record, expiresAt } }
      }),
    update: (session, apply) =>
      write(session, ({ keys, data, record }) => {
        const next = apply(data)
        return next && { data: next, record: { ...record, sealed: sealData(keys, next) } }
      }),
    async end({ keys, data }, cause) {
      await store.remove(keys.storeKey)
      if (cause) onEnded({ sessionId: keys.sessionId, subject: data.subject }, cause)
    },
    async endWithReason(session, reason) {
      let current = session
      while (!(await saveEnd(current, reason))) {
        const reloaded = await loadSession(current.keys)
        if (typeof reloaded === 'string' || reloaded.data.sequence > session.data.sequence) return reloaded
        current = reloaded
      }
      return reason
    },
    async reopen({ keys, record: { expiresAt } }, data) {
      const record = await store.read(keys.storeKey)
      const ended = record && unsealSessionData(keys, record)
      if (!record || !ended || !('ended' in ended) || ended.provider !== provider) return loadSession(keys)
      const age = getAge(ended.ended.at, clock.read())
      if (ended.ended.reason !== 'refresh_lost' || (age !== null && age > maxReopenAgeMs))
        return ended.ended.reason
      const next = { ...record, sealed: sealData(keys, data), version: record.version + 1, expiresAt }
      if (!(await store.replace(keys.storeKey, next, record.version))) return loadSession(keys)
      logger.info('Session opened again: the response to its refresh arrived late.')
      return { keys, data, record: next }
    },
    async openEnded(cookie) {
      if (cookie === null) return null
      const keys = deriveRecordKeys(cookie, secrets)
      const record = await store.read(keys.storeKey)
      const data = record && unsealSessionData(keys, record)
      if (!data || !('ended' in data) || data.provider !== provider) return null
      return { sessionId: keys.sessionId, subject: data.subject }
    },
    lease: ({ keys }, owner, milliseconds) => store.lease(keys.storeKey, owner, milliseconds),
    release: ({ keys }, owner) => store.release(keys.storeKey, owner),
    waitForChange: ({ keys, record }) => waitForChange(store, platform, keys.storeKey, record.version),
  }

  /** Returns the new end of a record whose session is used now; `null` when the use need not be written. */
  function getTouchedEnd({ data, record }: LoadedSession): number | null {
    const expiresAt = getEndAfterUse(data, limits, clock.read()) + retentionMs
    const addedMs = expiresAt - record.expiresAt
    // A session that would live too long was used when a clock was ahead.
    return addedMs >= minTouchMs || addedMs < -maxClockDifferenceMs ? expiresAt : null
  }

  async function insertSession(cookie: Uint8Array, newData: SessionData): Promise<LoadedSession | null> {
    const keys = deriveRecordKeys(cookie, secrets)
    const data = { ...newData, basePath }
    const expiresAt = getEndAfterUse(data, limits, clock.read()) + retentionMs
    const indexNames = [createUserIndexName(data.subject)]
    const record = { sealed: sealData(keys, data), indexNames, version: 1, expiresAt }
    return (await store.insert(keys.storeKey, record)) ? { keys, data, record } : null
  }

  function openCookie(
    cookie: Uint8Array | null,
    isPeek: boolean,
  ): Promise<LoadedSession | LoginRequiredReason> {
    return cookie === null
      ? Promise.resolve('no_session')
      : loadSession(deriveRecordKeys(cookie, secrets), isPeek)
  }

  async function loadSession(keys: RecordKeys, isPeek = false): Promise<LoadedSession | LoginRequiredReason> {
    const record = await store.read(keys.storeKey)
    const data = record && unsealSessionData(keys, record)
    if (!record || !data) return 'no_session'
    if (data.provider !== provider) return isPeek ? 'no_session' : removeEarlier(keys, data)
    if ('ended' in data) return data.ended.reason
    const session = { keys, data, record }
    const present = clock.read()
    const reason = findEndReason(session, limits, present)
    if (reason === null) return session
    // Another process may know the time better.
    const isCertain = present.isConfirmed || reason === 'too_many_sessions'
    if (isPeek || !isCertain) return reason
    if (!(await saveEnd(session, reason))) return loadSession(keys)
    onExpired(data)
    return reason
  }

  /** A session of this base path and another provider is from before a change of the configuration. */
  async function removeEarlier(
    keys: RecordKeys,
    data: SessionData | EndedSessionData,
  ): Promise<LoginRequiredReason> {
    if (!('ended' in data) && data.basePath === basePath) {
      await store.remove(keys.storeKey)
      onEnded({ sessionId: keys.sessionId, subject: data.subject }, { reason: 'configuration_changed' })
      onExpired(data)
    }
    return 'no_session'
  }

  /** Writes the reason in place of a session; `false` when the record has changed. */
  async function saveEnd(
    { keys, record, data: { subject } }: LoadedSession,
    reason: OwnEndReason,
  ): Promise<boolean> {
    if (!keepsReasons) {
      await store.remove(keys.storeKey)
      return true
    }
    const { latest } = clock.read()
    const data: EndedSessionData = { provider, subject, ended: { reason, at: latest } }
    const next = {
      ...record,
      sealed: sealData(keys, data),
      version: record.version + 1,
      expiresAt: latest + retentionMs,
    }
    if (!(await store.replace(keys.storeKey, next, record.version))) return false
    logSessionEnd(logger, reason)
    // That one was reported when the sign-in ended it.
    if (reason !== 'too_many_sessions') onEnded({ sessionId: keys.sessionId, subject }, { reason })
    return true
  }

  async function write(
    session: LoadedSession,
    apply: (current: LoadedSession) => Pick<LoadedSession, 'data' | 'record'> | null,
  ): Promise<LoadedSession | LoginRequiredReason> {
    let current = session
    for (;;) {
      const change = apply(current)
      if (!change) return current
      const { version } = current.record
      const record = { ...change.record, version: version + 1 }
      if (await store.replace(current.keys.storeKey, record, version))
        return { keys: current.keys, data: change.data, record }
      const reloaded = await loadSession(current.keys)
      if (typeof reloaded === 'string') return reloaded
      current = reloaded
    }
  }

  function sealData(keys: RecordKeys, data: SessionData | EndedSessionData): Uint8Array {
    return sealSessionData(keys, data, platform)
  }
}
