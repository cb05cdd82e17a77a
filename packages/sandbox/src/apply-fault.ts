import { createJsonResponse, createTextResponse } from './responses.ts'
import type { Failure } from './faults.ts'

/** What a failure needs of the request that it meets. */
export interface FaultContext {
  readonly url: URL
  /** Lets the system act. */
  readonly act: () => Promise<Response>
  readonly refuse: () => Response
  readonly wait: (ms: number) => Promise<void>
  readonly hold: () => Promise<void>
}

/** The answer to a request that meets this failure; rejects as `fetch` does when the connection is cut. */
export async function applyFault(
  failure: Failure,
  { url, act, refuse, wait, hold }: FaultContext,
): Promise<Response> {
  switch (failure.kind) {
    case 'slow':
      return delayResponse(() => wait(failure.ms), failure.when)
    case 'hang':
      return delayResponse(hold, failure.when)
    case 'disconnect':
      if (failure.when === 'body') return disconnectInBody(await act())
      if (failure.when === 'after') await act()
      throw createDisconnectError()
    case 'status': {
      const retryAfter = failure.retryAfter === undefined ? {} : { 'Retry-After': String(failure.retryAfter) }
      const headers = { ...retryAfter, ...failure.headers }
      return failure.body === undefined
        ? createTextResponse(failure.status, '', headers)
        : createJsonResponse(failure.status, failure.body, headers)
    }
    case 'html':
      return createTextResponse(failure.status ?? 200, page, { 'Content-Type': 'text/html; charset=utf-8' })
    case 'refuse':
      return refuse()
    case 'malformed': {
      const response = await act()
      const body = await response.text()
      return createTextResponse(
        response.status,
        body.slice(0, body.length / 2),
        Object.fromEntries(response.headers),
      )
    }
    case 'redirect':
      return createTextResponse(failure.status ?? 307, '', {
        Location: failure.location ?? `${url.origin}/elsewhere`,
      })
  }

  async function delayResponse(
    pause: () => Promise<void>,
    when: 'before' | 'after' = 'before',
  ): Promise<Response> {
    if (when === 'before') await pause()
    const response = await act()
    if (when === 'after') await pause()
    return response
  }
}

const page = '<!doctype html><title>Welcome to the guest network</title><p>Accept the terms to go on.</p>'

/** The error with which `fetch` rejects when a connection closes. */
function createDisconnectError(): TypeError {
  return new TypeError('fetch failed', { cause: new Error('the connection was closed by the sandbox') })
}

async function disconnectInBody(response: Response): Promise<Response> {
  const body = new Uint8Array(await response.arrayBuffer())
  const halves = [body.subarray(0, body.length / 2)]
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const half = halves.pop()
      if (half) controller.enqueue(half)
      else controller.error(createDisconnectError())
    },
  })
  return new Response(stream, { status: response.status, headers: response.headers })
}
