import { readBoundedText } from '../bounded-body.ts'
import type { ConnectionFailure } from './connection-failure.ts'
import { createConnectionFailure } from './connection-failure.ts'
import type { Platform } from '../platform.ts'
import { parseRetryAfter } from './retry-after.ts'

const maxResponseBytes = 65_536

/** A response of the authorization server. */
export interface HttpResponse {
  status: number
  text: string
  headers: Headers
  /** Seconds to wait, from either form of `Retry-After`; `null` without that header. */
  retryAfter: number | null
}

/** Why no response came. */
export type UpstreamFailure = ConnectionFailure

/** Sends requests to the authorization server. */
export interface HttpClient {
  /** Never throws: a request without a response is a failure with a hint for the log. */
  send(url: string, init: RequestInit): Promise<HttpResponse | UpstreamFailure>
}

/**
 * Creates a client that limits every request in time and every response to 64 kB. It follows no redirect, because a 307
 * would send the password to the redirect's target.
 *
 * @param timeout seconds that a request and its response may take together
 */
export function createHttpClient(platform: Platform, timeout: number): HttpClient {
  return {
    async send(url, init) {
      const signal = AbortSignal.timeout(Math.ceil(timeout * 1000))
      try {
        const response = await rejectOnAbort(
          platform.fetch(url, { ...init, redirect: 'manual', signal }),
          signal,
        )
        const text = await rejectOnAbort(readBoundedText(response.body, maxResponseBytes), signal)
        if (text === null)
          return { wasSent: true, hint: `the response was longer than ${maxResponseBytes} bytes` }
        const retryAfter = parseRetryAfter(response.headers.get('retry-after'), platform.now())
        return { status: response.status, text, headers: response.headers, retryAfter }
      } catch (error) {
        if (signal.aborted) return { wasSent: true, hint: `no response within ${timeout} s` }
        return createConnectionFailure(error)
      }
    },
  }
}

/** Rejects when the signal aborts, even when `work` ignores the signal. */
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
