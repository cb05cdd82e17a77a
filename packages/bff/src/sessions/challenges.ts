import type { KeyObject } from 'node:crypto'
import type { Platform } from '../platform.ts'
import type { RecordKeys } from './seal.ts'
import { ivByteLength, unseal, seal, deriveRecordKeys, cookieByteLength } from './seal.ts'
import type { Store } from '../stores/store.ts'
import { callStore } from '../stores/call-store.ts'

/** A sign-in that waits for something more. */
export interface PendingSignIn {
  /** The place of its rule in `errors.challenges`. */
  rule: number
  /** What the authorization server gave to go on with. */
  continuation: Record<string, string>
  /** The name that was typed; the password is not kept. */
  username: string
  scope: string[]
  remember: boolean
}

/** Sign-ins that wait, for some minutes each. */
export interface Challenges {
  /** Seals a sign-in in the store; the name that comes back is the only key to it. */
  create(pending: PendingSignIn): Promise<string>
  /** Takes one of the tries of the sign-in of that name; `null` when there is none, or none any more. */
  takeAttempt(id: string): Promise<PendingChallenge | null>
  /** Gives a try back that was not refused. */
  returnAttempt(id: string): Promise<void>
  /** Goes on with what the authorization server gave last. */
  setContinuation(id: string, continuation: Record<string, string>): Promise<void>
  end(id: string): Promise<void>
}

/** A sign-in that waits, and how often it may still be tried. */
export interface PendingChallenge {
  pending: PendingSignIn
  attemptsLeft: number
}

/** Milliseconds that a person has to find a code. */
const lifetimeMs = 300_000

/** Codes that may be tried: six digits are not found out by so few. */
const maxAttempts = 5

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
    async create(pending) {
      const name = platform.randomBytes(cookieByteLength)
      const keys = deriveRecordKeys(name, secret)
      const expiresAt = platform.now() + lifetimeMs
      const record = {
        sealed: sealed(keys, { pending, attemptsLeft: maxAttempts }),
        subject: 'challenge',
        version: 1,
        expiresAt,
      }
      await callStore(store.insert(keys.storeKey, record))
      return Buffer.from(name).toString('base64url')
    },
    takeAttempt: (id) =>
      change(id, ({ pending, attemptsLeft }) =>
        attemptsLeft > 0 ? { pending, attemptsLeft: attemptsLeft - 1 } : null,
      ),
    async returnAttempt(id) {
      await change(id, ({ pending, attemptsLeft }) => ({ pending, attemptsLeft: attemptsLeft + 1 }))
    },
    async setContinuation(id, continuation) {
      await change(id, ({ pending, attemptsLeft }) => ({
        pending: { ...pending, continuation },
        attemptsLeft,
      }))
    },
    end: (id) => callStore(store.remove(deriveRecordKeys(Buffer.from(id, 'base64url'), secret).storeKey)),
  }

  /** Changes what waits, on top of whatever others wrote meanwhile, so that no two requests take the same try. */
  async function change(
    id: string,
    apply: (waiting: PendingChallenge) => PendingChallenge | null,
  ): Promise<PendingChallenge | null> {
    const bytes = Buffer.from(id, 'base64url')
    if (bytes.length !== cookieByteLength) return null
    const keys = deriveRecordKeys(bytes, secret)
    for (;;) {
      const record = await callStore(store.read(keys.storeKey))
      const text = record && record.expiresAt > platform.now() ? unseal(keys, record.sealed) : null
      if (!record || text === null) return null
      const { getChallenge, ...waiting } = JSON.parse(text) as PendingChallenge & { getChallenge?: string }
      const next = getChallenge === provider ? apply(waiting) : null
      if (!next) return null
      const version = record.version + 1
      const changed = { ...record, sealed: sealed(keys, next), version }
      if (await callStore(store.replace(keys.storeKey, changed, record.version))) return next
    }
  }

  function sealed(keys: RecordKeys, waiting: PendingChallenge): Uint8Array {
    return seal(
      keys,
      JSON.stringify({ getChallenge: provider, ...waiting }),
      platform.randomBytes(ivByteLength),
    )
  }
}
