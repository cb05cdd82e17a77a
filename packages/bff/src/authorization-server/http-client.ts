import { boundedText } from '../bounded-body.ts'
import type { ConnectionFault } from './connection-failure.ts'
import { connectionFault } from './connection-failure.ts'
import type { Platform } from '../platform.ts'
import { parseRetryAfter } from './retry-after.ts'

const longestAnswer = 65_536

/** What an authorization server said. */
export interface UpstreamAnswer {
  status: number
  text: string
  headers: Headers
  /** Seconds it asks us to wait, from either form of `Retry-After`; `null` when it asks nothing. */
  retryAfter: number | null
}

/** Why no answer came. */
export type UpstreamFailure = ConnectionFault

/** How requests reach the authorization server. */
export interface Upstream {
  send(url: string, init: RequestInit): Promise<UpstreamAnswer | UpstreamFailure>
}

/**
 * Bounds every request to an authorization server in time (seconds) and size (64 kB), and follows no redirect: a 307
 * would carry a password to wherever it points.
 */
export function createUpstream(platform: Platform, timeout: number): Upstream {
  return {
    async send(url, init) {
      const signal = AbortSignal.timeout(timeout * 1000)
      try {
        const response = await abortable(platform.fetch(url, { ...init, redirect: 'manual', signal }), signal)
        const text = await abortable(boundedText(response.body, longestAnswer), signal)
        if (text === null) return { sent: true, why: `the answer is longer than ${longestAnswer} bytes` }
        const retryAfter = parseRetryAfter(response.headers.get('retry-after'), platform.now())
        return { status: response.status, text, headers: response.headers, retryAfter }
      } catch (error) {
        if (signal.aborted) return { sent: true, why: `no answer within ${timeout} s` }
        return connectionFault(error)
      }
    },
  }
}

/** Gives up at the signal even when what is waited for does not listen to it. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return Promise.race([
    work,
    new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new DOMException('Out of time', 'TimeoutError')), {
        once: true,
      })
    }),
  ])
}
