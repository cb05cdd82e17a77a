import type { KeyObject } from 'node:crypto'
import type { LoginRequiredReason } from '@latchkey/wire'
import { BffError } from '../errors.ts'
import type { Platform } from '../platform.ts'
import type { RecordKeys } from './seal.ts'
import { ivByteLength, unseal, seal, deriveRecordKeys, cookieByteLength } from './seal.ts'
import type { SessionData } from './session-data.ts'
import type { Store, StoredRecord } from '../stores/store.ts'
import { callStore } from '../stores/call-store.ts'

/** The limits of a session; times are in seconds. */
export interface SessionLimits {
  /** Since the last use. */
  idle: number
  /** Since the sign-in. */
  absolute: number
  /** How many sessions a user may have; a sign-in beyond that ends the oldest. */
  perUser: number
}

/** A session as it was when it was loaded: its record, unsealed. */
export interface LoadedSession {
  keys: RecordKeys
  data: SessionData
  record: StoredRecord
}

/** Returns when a session ends without further use: at its limits or when its refresh token expires. */
export function getSessionEnd({ data, record }: Pick<LoadedSession, 'data' | 'record'>): number {
  return Math.min(record.expiresAt, data.refreshTokenExpiresAt ?? Infinity)
}

/**
 * The sessions of one BFF, sealed in a store. A method that returns a reason found no session and wrote nothing. Every
 * method throws `temporarily_unavailable` when the store fails.
 */
export interface Sessions {
  /** Loads the session of a cookie. */
  open(cookie: Uint8Array | null): Promise<LoadedSession | LoginRequiredReason>
  /** Reads the session of a cookie like {@link open}, and does not remove one that has ended. */
  peek(cookie: Uint8Array | null): Promise<LoadedSession | LoginRequiredReason>
  /** Loads the current data of a session. */
  reload(session: LoadedSession): Promise<LoadedSession | LoginRequiredReason>
  /** Creates a session with a new cookie. */
  create(data: SessionData): Promise<{ cookie: Uint8Array; session: LoadedSession }>
  /** Creates a session for a known cookie, or loads the one that exists. */
  createOrLoad(cookie: Uint8Array, data: SessionData): Promise<LoadedSession | LoginRequiredReason>
  /** Counts as use: extends the idle limit. */
  touch(session: LoadedSession): Promise<LoadedSession | LoginRequiredReason>
  /** Changes the data, and retries on concurrent writes; when `apply` returns `null`, nothing is written. */
  update(
    session: LoadedSession,
    apply: (data: SessionData) => SessionData | null,
  ): Promise<LoadedSession | LoginRequiredReason>
  end(session: LoadedSession): Promise<void>
  /** Ends all sessions of the same user. */
  endAllOfUser(session: LoadedSession): Promise<void>
  /** Takes or renews the lease that allows a refresh, for that many milliseconds; `false` while another owner has it. */
  lease(session: LoadedSession, owner: string, milliseconds: number): Promise<boolean>
  release(session: LoadedSession, owner: string): Promise<void>
  /**
   * Waits until the session may have changed or its lease may be free, for at most a second. A store that cannot tell is
   * asked again after 50 milliseconds.
   */
  waitForChange(session: LoadedSession): Promise<void>
}

/** Milliseconds after which a waiter looks again by itself: a killed process releases no lease. */
const maxWaitMs = 1000
const pollEveryMs = 50
/** A store that wakes waiters without a reason must not keep the process busy. */
const minWaitMs = 5
/** Sessions that a sign-in ends at most, where a user has more than allowed. */
const maxEndedAtOnce = 100

/** The options of {@link createSessions}. */
export interface SessionsOptions {
  store: Store
  limits: SessionLimits
  /** Identifies the provider; sessions of other providers are not found. */
  provider: string
  /** The deployer's secret, mixed into every key. */
  secret: KeyObject | undefined
  platform: Platform
  /** Called with the data of a session that was removed because it had reached a limit. */
  onExpired: (data: SessionData) => void
}

export function createSessions({
  store,
  limits,
  provider,
  secret,
  platform,
  onExpired,
}: SessionsOptions): Sessions {
  return {
    open: async (cookie) => (cookie === null ? 'no_session' : loadSession(deriveRecordKeys(cookie, secret))),
    peek: async (cookie) =>
      cookie === null ? 'no_session' : loadSession(deriveRecordKeys(cookie, secret), async () => {}),
    reload: ({ keys }) => loadSession(keys),
    async create(data) {
      await endOldest(createUserIndexName(data))
      const cookie = platform.randomBytes(cookieByteLength)
      const session = await insertSession(cookie, data)
      if (!session)
        throw new BffError('server_error', 'The session could not be saved', {
          hint: 'Session creation failed with 500: two sessions got the same id. Check the source of random bytes.',
        })
      return { cookie, session }
    },
    createOrLoad: async (cookie, data) =>
      (await insertSession(cookie, data)) ?? loadSession(deriveRecordKeys(cookie, secret)),
    touch: (session) =>
      write(session, ({ data, record }) => {
        const expiresAt = getEndAfterUse(data)
        // Skips writes that would add less than a second: a page may send many requests within one.
        return expiresAt - record.expiresAt < 1000 ? null : { data, record: { ...record, expiresAt } }
      }),
    update: (session, apply) =>
      write(session, ({ keys, data, record }) => {
        const next = apply(data)
        return next && { data: next, record: { ...record, sealed: sealData(keys, next) } }
      }),
    end: ({ keys }) => callStore(store.remove(keys.storeKey)),
    endAllOfUser: ({ data }) => callStore(store.removeByIndexName(createUserIndexName(data))),
    lease: async ({ keys }, owner, milliseconds) =>
      (await callStore(store.lease(keys.storeKey, owner, milliseconds))) !== false,
    release: ({ keys }, owner) => callStore(store.release(keys.storeKey, owner)),
    async waitForChange({ keys, record }) {
      const stopped = new AbortController()
      const { signal } = stopped
      const change = store.waitForChange?.(keys.storeKey, record.version, signal)
      const timeLimit = platform.sleep(change ? maxWaitMs : pollEveryMs, signal).catch(() => {})
      await Promise.race([timeLimit, ...(change ? [callStore(change)] : [])])
      stopped.abort()
      if (change) await platform.sleep(minWaitMs)
    },
  }

  /** Makes room for a new session of a user. Expired records are not counted, because the store removes them by itself. */
  async function endOldest(userIndexName: string): Promise<void> {
    const listed = await callStore(store.listByIndexName(userIndexName, limits.perUser + maxEndedAtOnce))
    const live = listed.filter(({ expiresAt }) => expiresAt > platform.now())
    const excess = live.slice(0, Math.max(0, live.length - limits.perUser + 1))
    await Promise.all(excess.map(({ key }) => callStore(store.remove(key))))
  }

  async function insertSession(cookie: Uint8Array, data: SessionData): Promise<LoadedSession | null> {
    const keys = deriveRecordKeys(cookie, secret)
    const sealed = sealData(keys, data)
    const record = {
      sealed,
      indexNames: [createUserIndexName(data)],
      version: 1,
      expiresAt: getEndAfterUse(data),
    }
    return (await callStore(store.insert(keys.storeKey, record))) ? { keys, data, record } : null
  }

  async function loadSession(
    keys: RecordKeys,
    removeEnded = removeSession,
  ): Promise<LoadedSession | LoginRequiredReason> {
    const record = await callStore(store.read(keys.storeKey))
    const text = record && unseal(keys, record.sealed)
    if (!record || text === null) return 'no_session'
    const data = JSON.parse(text) as SessionData
    if (data.provider !== provider) return 'no_session'
    const reason = getEndReason(data, record)
    if (reason === null) return { keys, data, record }
    await removeEnded(keys, data)
    return reason
  }

  async function removeSession({ storeKey }: RecordKeys, data: SessionData): Promise<void> {
    await callStore(store.remove(storeKey))
    onExpired(data)
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
      if (await callStore(store.replace(current.keys.storeKey, record, version)))
        return { keys: current.keys, data: change.data, record }
      const reloaded = await loadSession(current.keys)
      if (typeof reloaded === 'string') return reloaded
      current = reloaded
    }
  }

  function sealData(keys: RecordKeys, data: SessionData): Uint8Array {
    return seal(keys, JSON.stringify(data), platform.randomBytes(ivByteLength))
  }

  function getEndReason(data: SessionData, record: StoredRecord): LoginRequiredReason | null {
    const now = platform.now()
    if (now >= getAbsoluteEnd(data)) return 'absolute'
    if (now >= record.expiresAt) return 'idle'
    return now >= (data.refreshTokenExpiresAt ?? Infinity) ? 'no_refresh' : null
  }

  function getAbsoluteEnd({ startedAt }: SessionData): number {
    return startedAt + limits.absolute * 1000
  }

  function getEndAfterUse(data: SessionData): number {
    return Math.min(platform.now() + limits.idle * 1000, getAbsoluteEnd(data))
  }
}

/** Creates the name under which a store lists the sessions of one user. */
function createUserIndexName({ subject }: SessionData): string {
  return `user:${subject}`
}
