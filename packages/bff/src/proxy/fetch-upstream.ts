import { createConnectionFailure } from '../authorization-server/connection-failure.ts'
import { BffError } from '../errors.ts'
import type { Platform } from '../platform.ts'

/**
 * Sends a request to the resource server and waits until the response has begun. The signal that `run` gets also aborts
 * the body of the response, when the caller aborts.
 *
 * @param host the host of the resource server, for the log
 * @param timeout seconds from the end of the request body until the response must begin; its body has no time limit
 * @param bodySent resolves when the request body was sent; `null` when it is sent at once
 * @throws BffError `temporarily_unavailable` when there is no response; `invalid_request` when the caller aborted
 */
export async function fetchUpstream<T>(
  platform: Platform,
  host: string,
  caller: AbortSignal,
  timeout: number,
  bodySent: Promise<void> | null,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timedOut = new AbortController()
  const settled = new AbortController()
  const startTimer = (): Promise<unknown> => platform.sleep(timeout * 1000, settled.signal)
  ;(bodySent?.then(startTimer) ?? startTimer()).then(
    () => timedOut.abort(),
    () => {},
  )
  const signal = AbortSignal.any([timedOut.signal, caller])
  try {
    return await Promise.race([run(signal), rejectOnAbort(signal, settled.signal)])
  } catch (error) {
    if (caller.aborted) throw new BffError('invalid_request', 'The client aborted the request')
    const cause = timedOut.signal.aborted
      ? `no response within ${timeout} s. Set timeout of the route if the resource server needs longer`
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
