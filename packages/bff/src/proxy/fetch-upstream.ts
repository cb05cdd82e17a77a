import { createConnectionFailure } from '../authorization-server/connection-failure.ts'
import { BffError, createTooLongError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Platform } from '../platform.ts'
import type { RouteRequest } from '../route-request.ts'
import type { OpenStreams, StreamOwner } from '../sessions/open-streams.ts'
import type { UpstreamRequest, UpstreamResponse } from '../upstream.ts'
import { withBodyLimit } from './body-limit.ts'

/** The options of {@link fetchUpstream}. */
export interface UpstreamExchange {
  platform: Platform
  logger: Logger
  /** The request of the page; when its client disconnects, the exchange ends. */
  client: RouteRequest
  openStreams: OpenStreams
  /** The session of the page; when it ends, so does the exchange. */
  owner: StreamOwner
  /** The host of the resource server, for the log. */
  host: string
  limits: {
    /** Seconds from the end of the request body until the response must begin; its body has no time limit. */
    timeout: number
    /** Bytes, or `Infinity`. */
    maxRequestBytes: number
    /** Bytes, or `Infinity`. */
    maxResponseBytes: number
  }
}

/**
 * Sends a request to the resource server and waits until the response has begun and `inspect` has read what it needs.
 *
 * @throws BffError `temporarily_unavailable` when there is no response; `server_error` when it is too long;
 *   `invalid_request` when the request is too long or the client disconnected; `login_required` when the session ends
 */
export async function fetchUpstream<T>(
  { platform, logger, client, openStreams, owner, host, limits }: UpstreamExchange,
  request: Omit<UpstreamRequest, 'onBroken' | 'onEnd'>,
  inspect: (response: UpstreamResponse) => T | Promise<T>,
): Promise<T> {
  const { timeout, maxRequestBytes, maxResponseBytes } = limits
  let hasTimedOut = false
  let isSettled = false
  let stopTimer = (): void => {}
  const { body } = request
  const isStream = body !== null && !(body instanceof Uint8Array)
  const call = platform.sendUpstream({
    ...request,
    body: isStream ? watchBody(body) : body,
    onBroken(error) {
      if (!isSettled || client.isDisconnected) return
      const { reason } = createConnectionFailure(error)
      logger.warn(`Response of ${host} ended early, and the page got a part of it: ${reason}`)
    },
    onEnd: () => stream.remove(),
  })
  const stream = openStreams.add(owner, (reason) => {
    call.cancel(reason)
    client.stopResponse()
  })
  if (!isStream) startTimer()
  client.whenDisconnected(() => call.cancel(new Error('The client disconnected')))
  try {
    const response = await call.response
    if (response.connection || isEventStream(response)) stream.setEndless()
    else if (response.body === null) stream.remove()
    const result = inspect(withBodyLimit(response, maxResponseBytes, host, logger))
    return result instanceof Promise ? await result : result
  } catch (error) {
    stream.remove()
    if (error instanceof BffError) throw error
    if (client.isDisconnected) throw new BffError('invalid_request', 'The client aborted the request')
    const cause = hasTimedOut
      ? `no response within ${timeout} s. Set timeout of the route if the resource server needs longer`
      : createConnectionFailure(error).hint
    throw new BffError('temporarily_unavailable', 'The resource server does not respond at the moment', {
      retryAfter: 5,
      hint: `Proxy request to ${host} failed with 503: ${cause}`,
    })
  } finally {
    isSettled = true
    stopTimer()
  }

  function startTimer(): void {
    if (isSettled) return
    stopTimer = platform.startTimer(timeout * 1000, () => {
      hasTimedOut = true
      call.cancel(new Error('No response in time'))
    })
  }

  async function* watchBody(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let size = 0
    for await (const chunk of chunks) {
      size += chunk.byteLength
      if (size > maxRequestBytes) {
        const error = createTooLongError(maxRequestBytes)
        call.cancel(error)
        throw error
      }
      yield chunk
    }
    startTimer()
  }
}

function isEventStream({ headers }: UpstreamResponse): boolean {
  return /^text\/event-stream\b/i.test(headers['content-type'] ?? '')
}
