import type { KeyObject } from 'node:crypto'
import type { Platform } from '../platform.ts'
import type { SessionClock } from './moments.ts'
import { canBeOver } from './moments.ts'
import type { RecordKeys } from './seal.ts'
import { ivByteLength, unseal, seal, deriveRecordKeys, cookieByteLength } from './seal.ts'
import type { Store } from '../stores/store.ts'

/** A sign-in that needs further credentials. */
export interface PendingSignIn {
  /** The index of its rule in `errors.challenges`. */
  rule: number
  /** The parameters that the authorization server returned for the next request. */
  continuation: Record<string, string>
  /** The username; the password is not stored. */
  username: string
  scope: string[]
  remember: boolean
}

/** Stores sign-ins that need further credentials, for five minutes each. */
export interface Challenges {
  /** Seals a sign-in in the store. Returns its id, which is the only key to it. */
  create(pending: PendingSignIn): Promise<string>
  /** Uses one attempt of a sign-in; `null` when the sign-in is unknown or expired, or has no attempts left. */
  takeAttempt(id: string): Promise<PendingChallenge | null>
  /** Returns an attempt that failed for another reason than wrong credentials. */
  returnAttempt(id: string): Promise<void>
  /** Replaces the parameters for the next request. */
  setContinuation(id: string, continuation: Record<string, string>): Promise<void>
  end(id: string): Promise<void>
}

/** A pending sign-in and the number of attempts left. */
export interface PendingChallenge {
  pending: PendingSignIn
  attemptsLeft: number
}

/** Milliseconds that a user has to enter the code. */
const lifetimeMs = 300_000

/** Attempts per challenge: too few to guess six digits. */
const maxAttempts = 5

/**
 * Keeps the state of a challenge on the server and gives the browser only its id: the parameters that the authorization
 * server returned are half of a sign-in.
 *
 * @param provider identifies the provider; challenges of other providers are not found
 */
export function createChallenges(
  store: Store,
  provider: string,
  secrets: readonly KeyObject[],
  clock: SessionClock,
  platform: Platform,
): Challenges {
  return {
    async create(pending) {
      const bytes = platform.randomBytes(cookieByteLength)
      const keys = deriveRecordKeys(bytes, secrets)
      const expiresAt = clock.read().latest + lifetimeMs
      const record = {
        sealed: sealChallenge(keys, { pending, attemptsLeft: maxAttempts }),
        indexNames: [],
        version: 1,
        expiresAt,
      }
      await store.insert(keys.storeKey, record)
      return Buffer.from(bytes).toString('base64url')
    },
    takeAttempt: (id) =>
      update(id, ({ pending, attemptsLeft }) =>
        attemptsLeft > 0 ? { pending, attemptsLeft: attemptsLeft - 1 } : null,
      ),
    async returnAttempt(id) {
      await update(id, ({ pending, attemptsLeft }) => ({ pending, attemptsLeft: attemptsLeft + 1 }))
    },
    async setContinuation(id, continuation) {
      await update(id, ({ pending, attemptsLeft }) => ({
        pending: { ...pending, continuation },
        attemptsLeft,
      }))
    },
    end: (id) => store.remove(deriveRecordKeys(Buffer.from(id, 'base64url'), secrets).storeKey),
  }

  /** Retries on concurrent writes, so that no two requests use the same attempt. */
  async function update(
    id: string,
    apply: (challenge: PendingChallenge) => PendingChallenge | null,
  ): Promise<PendingChallenge | null> {
    const bytes = Buffer.from(id, 'base64url')
    if (bytes.length !== cookieByteLength) return null
    const keys = deriveRecordKeys(bytes, secrets)
    for (;;) {
      const record = await store.read(keys.storeKey)
      const text = record && !canBeOver(record.expiresAt, clock.read()) ? unseal(keys, record.sealed) : null
      if (!record || text === null) return null
      const data = JSON.parse(text) as PendingChallenge & { challengeProvider?: string }
      const next = data.challengeProvider === provider ? apply(data) : null
      if (!next) return null
      const nextRecord = { ...record, sealed: sealChallenge(keys, next), version: record.version + 1 }
      if (await store.replace(keys.storeKey, nextRecord, record.version)) return next
    }
  }

  function sealChallenge(keys: RecordKeys, challenge: PendingChallenge): Uint8Array {
    // Not `provider`, which makes a record a session.
    const data = { challengeProvider: provider, ...challenge }
    return seal(keys, JSON.stringify(data), platform.randomBytes(ivByteLength))
  }
}
