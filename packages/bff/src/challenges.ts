import type { KeyObject } from 'node:crypto'
import type { Platform } from './platform.ts'
import { ivSize, open, seal, ticketFrom, ticketSize } from './seal.ts'
import type { Store } from './store.ts'
import { reached } from './store-access.ts'

/** A sign-in that waits for something more. */
export interface PendingSignIn {
  /** The place of its rule in `errors.challenges`. */
  rule: number
  /** What the authorization server gave to go on with. */
  carried: Record<string, string>
  /** The names that the first request gave, and no password. */
  username: string
  scope: string[]
  remember: boolean
}

/** Sign-ins that wait, for some minutes each. */
export interface Challenges {
  /** Seals a sign-in in the store; the name that comes back is the only key to it. */
  begin(pending: PendingSignIn): Promise<string>
  /** The sign-in of that name; `null` when there is none, or none any more. */
  open(id: string): Promise<PendingSignIn | null>
  end(id: string): Promise<void>
}

/** Milliseconds that a person has to find a code. */
const lasts = 300_000

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
      const sealed = seal(
        ticket,
        JSON.stringify({ challengeOf: provider, pending }),
        platform.randomBytes(ivSize),
      )
      await reached(store.insert(ticket.storeKey, { sealed, subject: 'challenge', version: 1, endsAt }))
      return Buffer.from(name).toString('base64url')
    },
    async open(id) {
      const bytes = Buffer.from(id, 'base64url')
      if (bytes.length !== ticketSize) return null
      const ticket = ticketFrom(bytes, secret)
      const record = await reached(store.read(ticket.storeKey))
      const text = record && record.endsAt > platform.now() ? open(ticket, record.sealed) : null
      if (text === null) return null
      const { challengeOf, pending } = JSON.parse(text) as { challengeOf?: string; pending: PendingSignIn }
      return challengeOf === provider ? pending : null
    },
    end: (id) => reached(store.remove(ticketFrom(Buffer.from(id, 'base64url'), secret).storeKey)),
  }
}
