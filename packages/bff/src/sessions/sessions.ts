import type { KeyObject } from 'node:crypto'
import type { LoginRequiredReason } from '@latchkey/wire'
import { BffError } from '../errors.ts'
import type { Platform } from '../platform.ts'
import type { RecordKeys } from './seal.ts'
import { ivByteLength, unseal, seal, deriveRecordKeys, cookieByteLength } from './seal.ts'
import type { SessionData } from './session-data.ts'
import type { Store, StoredRecord } from '../stores/store.ts'
import { callStore } from '../stores/call-store.ts'

/** Seconds until a session ends: since its last use, and since its sign-in. */
export interface SessionLimits {
  idle: number
  absolute: number
}

/** A session as it was when it was read. */
export interface LoadedSession {
  keys: RecordKeys
  data: SessionData
  record: StoredRecord
}

/** When a session ends if nothing happens: at its limits, or with its refresh token, where that end is known. */
export function getSessionEnd({ data, record }: Pick<LoadedSession, 'data' | 'record'>): number {
  return Math.min(record.expiresAt, data.refreshTokenExpiresAt ?? Infinity)
}

/**
 * The sessions of one BFF, sealed in a store. Where a method answers with a reason, there is no such session (any more),
 * and nothing was written. Every method throws `temporarily_unavailable` when the store fails.
 */
export interface Sessions {
  /** Opens the session that a cookie names. */
  open(cookie: Uint8Array | null): Promise<LoadedSession | LoginRequiredReason>
  /** Opens it again, as it is by now. */
  reload(session: LoadedSession): Promise<LoadedSession | LoginRequiredReason>
  /** Begins a session under a new ticket. */
  create(data: SessionData): Promise<{ cookie: Uint8Array; session: LoadedSession }>
  /** Begins one under a ticket that is known beforehand, or answers with the one that lies there already. */
  createOrLoad(cookie: Uint8Array, data: SessionData): Promise<LoadedSession | LoginRequiredReason>
  /** Counts as use: moves the idle limit. */
  touch(session: LoadedSession): Promise<LoadedSession | LoginRequiredReason>
  /** Changes what it holds, on top of whatever others wrote meanwhile; `apply` leaves it alone by returning `null`. */
  update(
    session: LoadedSession,
    apply: (data: SessionData) => SessionData | null,
  ): Promise<LoadedSession | LoginRequiredReason>
  end(session: LoadedSession): Promise<void>
  /** Ends all sessions of its user. */
  endAllOfUser(session: LoadedSession): Promise<void>
  /** Takes or prolongs the right to refresh it, for that many milliseconds. */
  lease(session: LoadedSession, owner: string, milliseconds: number): Promise<boolean>
  release(session: LoadedSession, owner: string): Promise<void>
}

/** What {@link createSessions} stands on. */
export interface SessionsOptions {
  store: Store
  limits: SessionLimits
  /** Names the provider; sessions of another one do not open. */
  provider: string
  /** The deployer's, mixed into every key. */
  secret: KeyObject | undefined
  platform: Platform
  /** Is told of a session that was found to have reached a limit, and is removed. */
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
    reload: ({ keys }) => loadSession(keys),
    async create(data) {
      const cookie = platform.randomBytes(cookieByteLength)
      const session = await insertSession(cookie, data)
      if (!session)
        throw new BffError('server_error', 'The session could not be kept', {
          hint: 'two sessions got the same random name: the source of random bytes is broken',
        })
      return { cookie, session }
    },
    createOrLoad: async (cookie, data) =>
      (await insertSession(cookie, data)) ?? loadSession(deriveRecordKeys(cookie, secret)),
    touch: (session) =>
      write(session, ({ data, record }) => {
        const expiresAt = endAfterUse(data)
        // Less than a second is not worth a write: a page may ask many times within one.
        return expiresAt - record.expiresAt < 1000 ? null : { data, record: { ...record, expiresAt } }
      }),
    update: (session, apply) =>
      write(session, ({ keys, data, record }) => {
        const next = apply(data)
        return next && { data: next, record: { ...record, sealed: sealData(keys, next) } }
      }),
    end: ({ keys }) => callStore(store.remove(keys.storeKey)),
    endAllOfUser: ({ data }) => callStore(store.removeBySubject(data.subject)),
    lease: ({ keys }, owner, milliseconds) => callStore(store.lease(keys.storeKey, owner, milliseconds)),
    release: ({ keys }, owner) => callStore(store.release(keys.storeKey, owner)),
  }

  async function insertSession(cookie: Uint8Array, data: SessionData): Promise<LoadedSession | null> {
    const keys = deriveRecordKeys(cookie, secret)
    const { subject } = data
    const record = { sealed: sealData(keys, data), subject, version: 1, expiresAt: endAfterUse(data) }
    return (await callStore(store.insert(keys.storeKey, record))) ? { keys, data, record } : null
  }

  async function loadSession(keys: RecordKeys): Promise<LoadedSession | LoginRequiredReason> {
    const record = await callStore(store.read(keys.storeKey))
    const text = record && unseal(keys, record.sealed)
    if (!record || text === null) return 'no_session'
    const data = JSON.parse(text) as SessionData
    if (data.provider !== provider) return 'no_session'
    const now = platform.now()
    const absolute = now >= absoluteEnd(data)
    if (!absolute && now < getSessionEnd({ data, record })) return { keys, data, record }
    await callStore(store.remove(keys.storeKey))
    onExpired(data)
    return absolute ? 'absolute' : 'idle'
  }

  async function write(
    session: LoadedSession,
    next: (current: LoadedSession) => Pick<LoadedSession, 'data' | 'record'> | null,
  ): Promise<LoadedSession | LoginRequiredReason> {
    let current = session
    for (;;) {
      const wanted = next(current)
      if (!wanted) return current
      const { version } = current.record
      const record = { ...wanted.record, version: version + 1 }
      if (await callStore(store.replace(current.keys.storeKey, record, version)))
        return { keys: current.keys, data: wanted.data, record }
      const found = await loadSession(current.keys)
      if (typeof found === 'string') return found
      current = found
    }
  }

  function sealData(keys: RecordKeys, data: SessionData): Uint8Array {
    return seal(keys, JSON.stringify(data), platform.randomBytes(ivByteLength))
  }

  function absoluteEnd({ startedAt }: SessionData): number {
    return startedAt + limits.absolute * 1000
  }

  function endAfterUse(data: SessionData): number {
    return Math.min(platform.now() + limits.idle * 1000, absoluteEnd(data))
  }
}
