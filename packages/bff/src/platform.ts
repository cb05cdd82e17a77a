import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'

/** What the BFF takes from its environment: time, network and randomness. Tests pass their own. */
export interface Platform {
  /** The current time in milliseconds since 1970. */
  now(): number
  fetch: typeof globalThis.fetch
  /** Returns cryptographically secure random bytes. */
  randomBytes(size: number): Uint8Array
  /** Resolves after that many milliseconds, or rejects when the signal aborts first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<unknown>
}

/** The platform of Node and of runtimes that have its modules. */
export const nodePlatform: Platform = {
  now: () => Date.now(),
  fetch: (input, init) => globalThis.fetch(input, init),
  randomBytes,
  sleep: (milliseconds, signal) => wait(milliseconds, undefined, { ref: false, ...(signal && { signal }) }),
}
