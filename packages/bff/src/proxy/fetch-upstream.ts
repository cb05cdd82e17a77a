import { createConnectionFailure } from '../authorization-server/connection-failure.ts'
import { BffError } from '../errors.ts'
import type { Platform } from '../platform.ts'

/** Milliseconds that a resource server has until its answer begins; the answer itself may take as long as it likes. */
const maxWaitMs = 30_000

/**
 * Runs an exchange with the resource server until its answer has begun. The signal that it gets stops the exchange for
 * as long as the answer lasts, when the caller gives up.
 *
 * @param host named in the log
 * @throws BffError `temporarily_unavailable` when no answer came; the details are for the log
 */
export async function fetchUpstream<T>(
  platform: Platform,
  host: string,
  caller: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController()
  const begun = new AbortController()
  platform.sleep(maxWaitMs, begun.signal).then(
    () => stop.abort(),
    () => {},
  )
  const signal = AbortSignal.any([stop.signal, caller])
  try {
    return await Promise.race([run(signal), aborted(signal, begun.signal)])
  } catch (error) {
    if (caller.aborted) throw new BffError('invalid_request', 'The request was given up')
    const why = stop.signal.aborted
      ? `no answer within ${maxWaitMs / 1000} s`
      : createConnectionFailure(error).hint
    throw new BffError('temporarily_unavailable', 'The resource server gives no answer at the moment', {
      retryAfter: 5,
      hint: `the resource server ${host} was asked in vain: ${why}`,
    })
  } finally {
    begun.abort()
  }
}

/** Rejects at the signal, for what does not listen to it. */
function aborted(signal: AbortSignal, until: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const options = { once: true, signal: until }
    signal.addEventListener('abort', () => reject(new Error('aborted')), options)
  })
}
