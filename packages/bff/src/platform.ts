import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'

/** What the BFF takes from its environment. Tests pass their own. */
export interface Platform {
  /** The current time in milliseconds since 1970. */
  now(): number
  fetch: typeof globalThis.fetch
  /** Returns cryptographically secure random bytes. */
  randomBytes(size: number): Uint8Array
  /** Resolves after that many milliseconds, or rejects when the signal aborts first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<unknown>
  /** Returns an environment variable. */
  env(name: string): string | undefined
  /** The keys of log lines that are logged once per process. */
  loggedKeys: Set<string>
}

const slot = Symbol.for('@latchkey/bff logged keys')
const shared = globalThis as { [slot]?: Set<string>; process?: { env?: Record<string, string | undefined> } }

/** The platform of Node and of runtimes that have its modules. */
export const nodePlatform: Platform = {
  now: () => Date.now(),
  fetch: (input, init) => globalThis.fetch(input, init),
  randomBytes,
  sleep: (milliseconds, signal) => wait(milliseconds, undefined, { ref: false, ...(signal && { signal }) }),
  env: (name) => shared.process?.env?.[name],
  // On `globalThis`, because a development server loads a new copy of this module for each route and after each edit.
  loggedKeys: (shared[slot] ??= new Set()),
}
