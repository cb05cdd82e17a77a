import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { sendUpstream } from '#upstream'
import { waitUntil } from '#wait-until'
import type { SendUpstream } from './upstream.ts'

/** What the BFF takes from its environment. Tests pass their own. */
export interface Platform {
  /** The current time in milliseconds since 1970. */
  now(): number
  /** Milliseconds on a clock that is never set, counted from any moment; follows `now` when only that is replaced. */
  monotonicNow(): number
  fetch: typeof globalThis.fetch
  /** Sends a request of the proxy to the resource server; through `fetch` when that is replaced. */
  sendUpstream: SendUpstream
  /** Returns cryptographically secure random bytes. */
  randomBytes(size: number): Uint8Array
  /** Resolves after that many milliseconds, or rejects when the signal aborts first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<unknown>
  /** Calls back after that many milliseconds; returns a function that prevents it. */
  startTimer(milliseconds: number, callback: () => void): () => void
  /** Receives work that continues after the response, for a host that would stop it. */
  waitUntil(work: Promise<unknown>): void
  /** Returns an environment variable. */
  env(name: string): string | undefined
  /** The keys of log lines that are logged once per process. */
  loggedKeys: Set<string>
}

const slot = Symbol.for('@latchkey/bff logged keys')
const shared = globalThis as { [slot]?: Set<string>; process?: { env?: Record<string, string | undefined> } }

/** A timer with a longer delay fires at once. */
const maxTimerMs = 2 ** 31 - 1

/** The platform of Node and of runtimes that have its modules. */
export const nodePlatform: Platform = {
  now: () => Date.now(),
  monotonicNow: () => performance.now(),
  fetch: (input, init) => globalThis.fetch(input, init),
  sendUpstream,
  randomBytes,
  sleep: (milliseconds, signal) => wait(milliseconds, undefined, { ref: false, ...(signal && { signal }) }),
  startTimer(milliseconds, callback) {
    const timer = setTimeout(callback, Math.min(milliseconds, maxTimerMs))
    return () => clearTimeout(timer)
  },
  waitUntil,
  env: (name) => shared.process?.env?.[name],
  // On `globalThis`, because a development server loads a new copy of this module for each route and after each edit.
  loggedKeys: (shared[slot] ??= new Set()),
}
