import { readBoundedText } from '../bounded-body.ts'
import { runWithDeadline } from '../deadline.ts'
import type { ConnectionFailure } from './connection-failure.ts'
import { createConnectionFailure } from './connection-failure.ts'
import type { Platform } from '../platform.ts'
import { parseRetryAfter } from './retry-after.ts'

const maxResponseBytes = 65_536

/** One for all: it reaches nobody, and an error for each request costs time. */
const timeoutError = new Error('Out of time')

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

/** A client that knows whether its last request failed. */
export interface TrackedHttpClient extends HttpClient {
  /** Whether the last request had no response, or one with a status of 500 or more. */
  isFailing: () => boolean
}

/** Returns the same client, which also remembers whether its last request failed. */
export function withFailureTracking(client: HttpClient): TrackedHttpClient {
  let isFailing = false
  return {
    async send(url, init) {
      const result = await client.send(url, init)
      isFailing = !('status' in result) || result.status >= 500
      return result
    },
    isFailing: () => isFailing,
  }
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
      const expired = new AbortController()
      try {
        return await runWithDeadline(
          platform,
          Math.ceil(timeout * 1000),
          () => timeoutError,
          () => sendRequest(url, { ...init, redirect: 'manual', signal: expired.signal }),
          () => expired.abort(),
        )
      } catch (error) {
        if (error === timeoutError) return { wasSent: true, hint: `no response within ${timeout} s` }
        return createConnectionFailure(error)
      }
    },
  }

  async function sendRequest(url: string, init: RequestInit): Promise<HttpResponse | UpstreamFailure> {
    const { status, headers, body } = await platform.fetch(url, init)
    const text = await readBoundedText(body, maxResponseBytes)
    if (text === null)
      return { wasSent: true, hint: `the response was longer than ${maxResponseBytes} bytes` }
    const retryAfter = parseRetryAfter(headers.get('retry-after'), platform.now())
    return { status, text, headers, retryAfter }
  }
}
