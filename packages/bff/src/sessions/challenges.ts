import type { KeyObject } from 'node:crypto'
import type { Platform } from '../platform.ts'
import type { Ticket } from './seal.ts'
import { ivSize, open, seal, ticketFrom, ticketSize } from './seal.ts'
import type { Store } from '../stores/store.ts'
import { reached } from '../stores/call-store.ts'

/** A sign-in that waits for something more. */
export interface PendingSignIn {
  /** The place of its rule in `errors.challenges`. */
  rule: number
  /** What the authorization server gave to go on with. */
  carried: Record<string, string>
  /** The name that was typed; the password is not kept. */
  username: string
  scope: string[]
  remember: boolean
}

/** Sign-ins that wait, for some minutes each. */
export interface Challenges {
  /** Seals a sign-in in the store; the name that comes back is the only key to it. */
  begin(pending: PendingSignIn): Promise<string>
  /** Takes one of the tries of the sign-in of that name; `null` when there is none, or none any more. */
  take(id: string): Promise<Waiting | null>
  /** Gives a try back that was not refused. */
  giveBack(id: string): Promise<void>
  /** Goes on with what the authorization server gave last. */
  carry(id: string, carried: Record<string, string>): Promise<void>
  end(id: string): Promise<void>
}

/** A sign-in that waits, and how often it may still be tried. */
export interface Waiting {
  pending: PendingSignIn
  left: number
}

/** Milliseconds that a person has to find a code. */
const lasts = 300_000

/** Codes that may be tried: six digits are not found out by so few. */
const tries = 5

/**
 * Keeps what a challenge carries on the server, where the browser holds its name alone: what an authorization server
 * gives to go on with is half a sign-in.
 *
 * @param provider names the provider; a challenge of another one does not open
 */
export function createChallenges(
  store: Store,
  provider: string,
  secret: KeyObject | undefined,
  platform: Platform,
): Challenges {
  return {
    async begin(pending) {
      const name = platform.randomBytes(ticketSize)
      const ticket = ticketFrom(name, secret)
      const endsAt = platform.now() + lasts
      const record = {
        sealed: sealed(ticket, { pending, left: tries }),
        subject: 'challenge',
        version: 1,
        endsAt,
      }
      await reached(store.insert(ticket.storeKey, record))
      return Buffer.from(name).toString('base64url')
    },
    take: (id) => change(id, ({ pending, left }) => (left > 0 ? { pending, left: left - 1 } : null)),
    async giveBack(id) {
      await change(id, ({ pending, left }) => ({ pending, left: left + 1 }))
    },
    async carry(id, carried) {
      await change(id, ({ pending, left }) => ({ pending: { ...pending, carried }, left }))
    },
    end: (id) => reached(store.remove(ticketFrom(Buffer.from(id, 'base64url'), secret).storeKey)),
  }

  /** Changes what waits, on top of whatever others wrote meanwhile, so that no two requests take the same try. */
  async function change(id: string, apply: (waiting: Waiting) => Waiting | null): Promise<Waiting | null> {
    const bytes = Buffer.from(id, 'base64url')
    if (bytes.length !== ticketSize) return null
    const ticket = ticketFrom(bytes, secret)
    for (;;) {
      const record = await reached(store.read(ticket.storeKey))
      const text = record && record.endsAt > platform.now() ? open(ticket, record.sealed) : null
      if (!record || text === null) return null
      const { challengeOf, ...waiting } = JSON.parse(text) as Waiting & { challengeOf?: string }
      const next = challengeOf === provider ? apply(waiting) : null
      if (!next) return null
      const version = record.version + 1
      const changed = { ...record, sealed: sealed(ticket, next), version }
      if (await reached(store.replace(ticket.storeKey, changed, record.version))) return next
    }
  }

  function sealed(ticket: Ticket, waiting: Waiting): Uint8Array {
    return seal(ticket, JSON.stringify({ challengeOf: provider, ...waiting }), platform.randomBytes(ivSize))
  }
}
