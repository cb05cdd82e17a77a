import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'

/** Everything the BFF takes from the world around it, so that tests can give it another one. */
export interface Platform {
  /** Milliseconds since 1970. */
  now(): number
  fetch: typeof globalThis.fetch
  /** Unpredictable bytes. */
  randomBytes(size: number): Uint8Array
  /** Resolves after that many milliseconds; rejects when the signal is aborted before. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<unknown>
}

/** The platform of Node. */
export const nodePlatform: Platform = {
  now: () => Date.now(),
  fetch: (input, init) => globalThis.fetch(input, init),
  randomBytes,
  sleep: (milliseconds, signal) => wait(milliseconds, undefined, { ref: false, ...(signal && { signal }) }),
}
