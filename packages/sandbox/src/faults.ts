import type { EndpointKind } from './system.ts'
import type { SystemName } from './systems/index.ts'

/** Selects the requests that a fault applies to. */
export interface FaultTarget {
  /** Defaults to every system. */
  readonly system?: SystemName
  /** The kind of request. Defaults to `'token'`. */
  readonly on?: EndpointKind
  /** The number of requests. Defaults to 1. */
  readonly times?: number
}

/**
 * The way in which a request fails. `when` says whether it fails `before` (the default) or `after` the system has
 * processed it. After it, a one-use refresh token is used although the client received no response.
 */
export type Failure =
  /** The response is late by `ms` milliseconds. */
  | { readonly kind: 'slow'; readonly ms: number; readonly when?: 'before' | 'after' }
  /** The response does not come until `release()` or `clear()`. */
  | { readonly kind: 'hang'; readonly when?: 'before' | 'after' }
  /** The connection closes without a response, or in the middle of the body. */
  | { readonly kind: 'disconnect'; readonly when?: 'before' | 'after' | 'body' }
  /**
   * A response such as 500, 503 or 429. `retryAfter` is sent unchanged: seconds, or a date (`toUTCString()`).
   * `body` is sent as JSON.
   */
  | {
      readonly kind: 'status'
      readonly status: number
      readonly retryAfter?: number | string
      readonly headers?: Record<string, string>
      readonly body?: unknown
    }
  /** An HTML page, such as a captive portal or a broken gateway sends. The status defaults to 200. */
  | { readonly kind: 'html'; readonly status?: number }
  /** The system's own response to rejected credentials: 400 or 401 at the token endpoint, 401 at the API. */
  | { readonly kind: 'refuse' }
  /** The correct response without the second half of its body, which is therefore not valid JSON. */
  | { readonly kind: 'malformed' }
  /** A redirect. The status defaults to 307, the location to a path of the sandbox that responds with 404. */
  | { readonly kind: 'redirect'; readonly status?: 301 | 302 | 303 | 307 | 308; readonly location?: string }

/** A failure and the requests that it applies to. */
export type Fault = FaultTarget & Failure

/** The queue of faults, first in first out. At most one fault applies to a request. */
export interface Faults {
  readonly add: (...faults: Fault[]) => void
  /** Removes all faults and lets hanging requests continue. */
  readonly clear: () => void
  /** Lets hanging requests continue. */
  readonly release: () => void
  /** Resolves as soon as at least `count` requests hang. `count` defaults to 1. */
  readonly whenHanging: (count?: number) => Promise<void>
}

/** The queue as the sandbox uses it. */
export interface FaultQueue extends Faults {
  /** Returns the fault for a request and counts it as applied. */
  readonly take: (system: SystemName, kind: EndpointKind) => Fault | undefined
  /** Resolves when hanging requests continue. */
  readonly hang: () => Promise<void>
}

export function createFaults(): FaultQueue {
  let queue: { fault: Fault; remaining: number }[] = []
  let hanging: (() => void)[] = []
  let waiting: { count: number; resolve: () => void }[] = []

  function release(): void {
    const released = hanging
    hanging = []
    for (const resume of released) resume()
  }

  return {
    add: (...faults) => {
      queue.push(...faults.map((fault) => ({ fault, remaining: fault.times ?? 1 })))
    },
    clear: () => {
      queue = []
      release()
    },
    release,
    whenHanging: (count = 1) =>
      new Promise((resolve) => {
        if (hanging.length >= count) resolve()
        else waiting.push({ count, resolve })
      }),
    take: (system, kind) => {
      const next = queue.find(
        ({ fault }) => (fault.system ?? system) === system && (fault.on ?? 'token') === kind,
      )
      if (next && --next.remaining <= 0) queue = queue.filter((entry) => entry !== next)
      return next?.fault
    },
    hang: () =>
      new Promise((resume) => {
        hanging.push(resume)
        for (const { resolve } of waiting.filter(({ count }) => hanging.length >= count)) resolve()
        waiting = waiting.filter(({ count }) => hanging.length < count)
      }),
  }
}
