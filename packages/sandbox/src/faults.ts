import type { RequestKind } from './system.ts'
import type { SystemName } from './systems/index.ts'

/** Which requests a fault meets. */
export interface FaultTarget {
  /** Any system when absent. */
  readonly system?: SystemName
  /** Token requests when absent. */
  readonly on?: Exclude<RequestKind, 'other'>
  /** How many requests; one when absent. */
  readonly times?: number
}

/**
 * What goes wrong. `when` is `before` or `after` the system has acted on the request: after it, a refresh
 * token is spent although nobody has heard the answer. Without it, `before`.
 */
export type Failure =
  /** The answer comes late, by so many milliseconds. */
  | { readonly kind: 'slow'; readonly ms: number; readonly when?: 'before' | 'after' }
  /** The answer does not come until `release()` or `clear()`. */
  | { readonly kind: 'hang'; readonly when?: 'before' | 'after' }
  /** The connection closes without an answer, or half-way through its body. */
  | { readonly kind: 'disconnect'; readonly when?: 'before' | 'after' | 'body' }
  /**
   * An answer such as 500, 503 or 429; `retryAfter` is sent as it is: seconds, or a date (`toUTCString()`);
   * `body` is sent as JSON.
   */
  | {
      readonly kind: 'status'
      readonly status: number
      readonly retryAfter?: number | string
      readonly headers?: Record<string, string>
      readonly body?: unknown
    }
  /** A page, as a captive portal or a broken gateway sends it; 200 unless given. */
  | { readonly kind: 'html'; readonly status?: number }
  /** The system's own refusal of a credential: 400 or 401 at the token endpoint, 401 at the API. */
  | { readonly kind: 'refuse' }
  /** The true answer with the second half of its body missing, so that it is no JSON. */
  | { readonly kind: 'malformed' }
  /** An answer that sends the caller elsewhere; 307 and a path of the sandbox's own unless given. */
  | { readonly kind: 'redirect'; readonly status?: 301 | 302 | 303 | 307 | 308; readonly location?: string }

/** What goes wrong, and for which requests. */
export type Fault = FaultTarget & Failure

/** The faults to come, first in first out. A request meets at most one. */
export interface Faults {
  readonly add: (...faults: Fault[]) => void
  /** Forgets the faults to come and lets held requests go on. */
  readonly clear: () => void
  /** Lets held requests go on. */
  readonly release: () => void
  /** Resolves as soon as at least so many requests (one unless given) are held. */
  readonly whenHanging: (count?: number) => Promise<void>
}

/** What the sandbox itself asks of the faults. */
export interface FaultQueue extends Faults {
  /** The fault that this request meets, which is then used up once. */
  readonly take: (system: SystemName, kind: RequestKind) => Fault | undefined
  /** Resolves when held requests go on. */
  readonly hold: () => Promise<void>
}

export function createFaults(): FaultQueue {
  let queue: { fault: Fault; left: number }[] = []
  let held: (() => void)[] = []
  let waiting: { count: number; resolve: () => void }[] = []

  function release(): void {
    const released = held
    held = []
    for (const goOn of released) goOn()
  }

  return {
    add: (...faults) => {
      queue.push(...faults.map((fault) => ({ fault, left: fault.times ?? 1 })))
    },
    clear: () => {
      queue = []
      release()
    },
    release,
    whenHanging: (count = 1) =>
      new Promise((resolve) => {
        if (held.length >= count) resolve()
        else waiting.push({ count, resolve })
      }),
    take: (system, kind) => {
      const next = queue.find(
        ({ fault }) => (fault.system ?? system) === system && (fault.on ?? 'token') === kind,
      )
      if (next && --next.left <= 0) queue = queue.filter((entry) => entry !== next)
      return next?.fault
    },
    hold: () =>
      new Promise((goOn) => {
        held.push(goOn)
        for (const { resolve } of waiting.filter(({ count }) => held.length >= count)) resolve()
        waiting = waiting.filter(({ count }) => held.length < count)
      }),
  }
}
