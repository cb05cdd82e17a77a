import { createConnectionFailure } from '../authorization-server/connection-failure.ts'
import { BffError } from '../errors.ts'
import type { Platform } from '../platform.ts'

/** Milliseconds until the response of the resource server must begin; its body has no time limit. */
const maxWaitMs = 30_000

/**
 * Sends a request to the resource server and waits until the response has begun. The signal that `run` gets also aborts
 * the body of the response, when the caller aborts.
 *
 * @param host the host of the resource server, for the log
 * @throws BffError `temporarily_unavailable` when there is no response; `invalid_request` when the caller aborted
 */
export async function fetchUpstream<T>(
  platform: Platform,
  host: string,
  caller: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeout = new AbortController()
  const settled = new AbortController()
  platform.sleep(maxWaitMs, settled.signal).then(
    () => timeout.abort(),
    () => {},
  )
  const signal = AbortSignal.any([timeout.signal, caller])
  try {
    return await Promise.race([run(signal), rejectOnAbort(signal, settled.signal)])
  } catch (error) {
    if (caller.aborted) throw new BffError('invalid_request', 'The client aborted the request')
    const cause = timeout.signal.aborted
      ? `no response within ${maxWaitMs / 1000} s`
      : createConnectionFailure(error).hint
    throw new BffError('temporarily_unavailable', 'The resource server does not respond at the moment', {
      retryAfter: 5,
      hint: `Proxy request to ${host} failed with 503: ${cause}`,
    })
  } finally {
    settled.abort()
  }
}

/** Rejects when the signal aborts, for a `fetch` that ignores it. */
function rejectOnAbort(signal: AbortSignal, until: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const options = { once: true, signal: until }
    signal.addEventListener('abort', () => reject(new Error('aborted')), options)
  })
}
