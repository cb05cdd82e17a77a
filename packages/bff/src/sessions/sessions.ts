import type { KeyObject } from 'node:crypto'
import type { LoginReason } from '@latchkey/wire'
import { BffError } from '../errors.ts'
import type { Platform } from '../platform.ts'
import type { Ticket } from './seal.ts'
import { ivSize, open, seal, ticketFrom, ticketSize } from './seal.ts'
import type { SessionData } from './session-data.ts'
import type { Store, StoredRecord } from '../stores/store.ts'
import { reached } from '../stores/call-store.ts'

/** Seconds until a session ends: since its last use, and since its sign-in. */
export interface SessionLimits {
  idle: number
  absolute: number
}

/** A session as it was when it was read. */
export interface Session {
  ticket: Ticket
  data: SessionData
  record: StoredRecord
}

/** When a session ends if nothing happens: at its limits, or with its refresh token, where that end is known. */
export function endOf({ data, record }: Pick<Session, 'data' | 'record'>): number {
  return Math.min(record.endsAt, data.refreshEndsAt ?? Infinity)
}

/**
 * The sessions of one BFF, sealed in a store. Where a method answers with a reason, there is no such session (any more),
 * and nothing was written. Every method throws `temporarily_unavailable` when the store fails.
 */
export interface Sessions {
  /** Opens the session that a cookie names. */
  open(cookie: Uint8Array | null): Promise<Session | LoginReason>
  /** Opens it again, as it is by now. */
  again(session: Session): Promise<Session | LoginReason>
  /** Begins a session under a new ticket. */
  begin(data: SessionData): Promise<{ cookie: Uint8Array; session: Session }>
  /** Begins one under a ticket that is known beforehand, or answers with the one that lies there already. */
  claim(cookie: Uint8Array, data: SessionData): Promise<Session | LoginReason>
  /** Counts as use: moves the idle limit. */
  slide(session: Session): Promise<Session | LoginReason>
  /** Changes what it holds, on top of whatever others wrote meanwhile; `apply` leaves it alone by returning `null`. */
  change(session: Session, apply: (data: SessionData) => SessionData | null): Promise<Session | LoginReason>
  end(session: Session): Promise<void>
  /** Ends all sessions of its user. */
  endAll(session: Session): Promise<void>
  /** Takes or prolongs the right to refresh it, for that many milliseconds. */
  lease(session: Session, owner: string, milliseconds: number): Promise<boolean>
  release(session: Session, owner: string): Promise<void>
}

/** What {@link createSessions} stands on. */
export interface SessionsParts {
  store: Store
  limits: SessionLimits
  /** Names the provider; sessions of another one do not open. */
  provider: string
  /** The deployer's, mixed into every key. */
  secret: KeyObject | undefined
  platform: Platform
  /** Is told of a session that was found to have reached a limit, and is removed. */
  onOutlived: (data: SessionData) => void
}

export function createSessions({
  store,
  limits,
  provider,
  secret,
  platform,
  onOutlived,
}: SessionsParts): Sessions {
  return {
    open: async (cookie) => (cookie === null ? 'no_session' : opened(ticketFrom(cookie, secret))),
    again: ({ ticket }) => opened(ticket),
    async begin(data) {
      const cookie = platform.randomBytes(ticketSize)
      const session = await inserted(cookie, data)
      if (!session)
        throw new BffError('server_error', 'The session could not be kept', {
          hint: 'two sessions got the same random name: the source of random bytes is broken',
        })
      return { cookie, session }
    },
    claim: async (cookie, data) => (await inserted(cookie, data)) ?? opened(ticketFrom(cookie, secret)),
    slide: (session) =>
      write(session, ({ data, record }) => {
        const endsAt = endAfterUse(data)
        // Less than a second is not worth a write: a page may ask many times within one.
        return endsAt - record.endsAt < 1000 ? null : { data, record: { ...record, endsAt } }
      }),
    change: (session, apply) =>
      write(session, ({ ticket, data, record }) => {
        const next = apply(data)
        return next && { data: next, record: { ...record, sealed: sealed(ticket, next) } }
      }),
    end: ({ ticket }) => reached(store.remove(ticket.storeKey)),
    endAll: ({ data }) => reached(store.removeBySubject(data.subject)),
    lease: ({ ticket }, owner, milliseconds) => reached(store.lease(ticket.storeKey, owner, milliseconds)),
    release: ({ ticket }, owner) => reached(store.release(ticket.storeKey, owner)),
  }

  async function inserted(cookie: Uint8Array, data: SessionData): Promise<Session | null> {
    const ticket = ticketFrom(cookie, secret)
    const { subject } = data
    const record = { sealed: sealed(ticket, data), subject, version: 1, endsAt: endAfterUse(data) }
    return (await reached(store.insert(ticket.storeKey, record))) ? { ticket, data, record } : null
  }

  async function opened(ticket: Ticket): Promise<Session | LoginReason> {
    const record = await reached(store.read(ticket.storeKey))
    const text = record && open(ticket, record.sealed)
    if (!record || text === null) return 'no_session'
    const data = JSON.parse(text) as SessionData
    if (data.provider !== provider) return 'no_session'
    const now = platform.now()
    const absolute = now >= absoluteEnd(data)
    if (!absolute && now < endOf({ data, record })) return { ticket, data, record }
    await reached(store.remove(ticket.storeKey))
    onOutlived(data)
    return absolute ? 'absolute' : 'idle'
  }

  async function write(
    session: Session,
    next: (current: Session) => Pick<Session, 'data' | 'record'> | null,
  ): Promise<Session | LoginReason> {
    let current = session
    for (;;) {
      const wanted = next(current)
      if (!wanted) return current
      const { version } = current.record
      const record = { ...wanted.record, version: version + 1 }
      if (await reached(store.replace(current.ticket.storeKey, record, version)))
        return { ticket: current.ticket, data: wanted.data, record }
      const found = await opened(current.ticket)
      if (typeof found === 'string') return found
      current = found
    }
  }

  function sealed(ticket: Ticket, data: SessionData): Uint8Array {
    return seal(ticket, JSON.stringify(data), platform.randomBytes(ivSize))
  }

  function absoluteEnd({ startedAt }: SessionData): number {
    return startedAt + limits.absolute * 1000
  }

  function endAfterUse(data: SessionData): number {
    return Math.min(platform.now() + limits.idle * 1000, absoluteEnd(data))
  }
}
