import { readBoundedText } from '../bounded-body.ts'
import type { ConnectionFailure } from './connection-failure.ts'
import { createConnectionFailure } from './connection-failure.ts'
import type { Platform } from '../platform.ts'
import { parseRetryAfter } from './retry-after.ts'

const maxResponseBytes = 65_536

/** What an authorization server said. */
export interface HttpResponse {
  status: number
  text: string
  headers: Headers
  /** Seconds it asks us to wait, from either form of `Retry-After`; `null` when it asks nothing. */
  retryAfter: number | null
}

/** Why no answer came. */
export type UpstreamFailure = ConnectionFailure

/** How requests reach the authorization server. */
export interface HttpClient {
  send(url: string, init: RequestInit): Promise<HttpResponse | UpstreamFailure>
}

/**
 * Bounds every request to an authorization server in time (seconds) and size (64 kB), and follows no redirect: a 307
 * would carry a password to wherever it points.
 */
export function createHttpClient(platform: Platform, timeout: number): HttpClient {
  return {
    async send(url, init) {
      const signal = AbortSignal.timeout(timeout * 1000)
      try {
        const response = await rejectOnAbort(
          platform.fetch(url, { ...init, redirect: 'manual', signal }),
          signal,
        )
        const text = await rejectOnAbort(readBoundedText(response.body, maxResponseBytes), signal)
        if (text === null)
          return { wasSent: true, hint: `the answer is longer than ${maxResponseBytes} bytes` }
        const retryAfter = parseRetryAfter(response.headers.get('retry-after'), platform.now())
        return { status: response.status, text, headers: response.headers, retryAfter }
      } catch (error) {
        if (signal.aborted) return { wasSent: true, hint: `no answer within ${timeout} s` }
        return createConnectionFailure(error)
      }
    },
  }
}

/** Gives up at the signal even when what is waited for does not listen to it. */
function rejectOnAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return Promise.race([
    work,
    new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new DOMException('Out of time', 'TimeoutError')), {
        once: true,
      })
    }),
  ])
}
