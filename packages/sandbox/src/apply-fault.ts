import { createJsonResponse, createTextResponse } from './responses.ts'
import type { Failure } from './faults.ts'

/** The request that a fault applies to, and what the fault can do with it. */
export interface FaultContext {
  readonly url: URL
  /** Lets the system process the request. */
  readonly respond: () => Promise<Response>
  /** Returns the endpoint's response to rejected credentials. */
  readonly refuse: () => Response
  readonly wait: (ms: number) => Promise<void>
  /** Resolves when hanging requests continue. */
  readonly hang: () => Promise<void>
}

/**
 * Returns the response to a request that fails in this way.
 *
 * @throws TypeError as `fetch` does, when the failure closes the connection
 */
export async function applyFault(
  failure: Failure,
  { url, respond, refuse, wait, hang }: FaultContext,
): Promise<Response> {
  switch (failure.kind) {
    case 'slow':
      return delayResponse(() => wait(failure.ms), failure.when)
    case 'hang':
      return delayResponse(hang, failure.when)
    case 'disconnect':
      if (failure.when === 'body') return disconnectInBody(await respond())
      if (failure.when === 'after') await respond()
      throw createDisconnectError()
    case 'status': {
      const retryAfter = failure.retryAfter === undefined ? {} : { 'Retry-After': String(failure.retryAfter) }
      const headers = { ...retryAfter, ...failure.headers }
      return failure.body === undefined
        ? createTextResponse(failure.status, '', headers)
        : createJsonResponse(failure.status, failure.body, headers)
    }
    case 'html':
      return createTextResponse(failure.status ?? 200, guestNetworkPage, {
        'Content-Type': 'text/html; charset=utf-8',
      })
    case 'refuse':
      return refuse()
    case 'malformed': {
      const response = await respond()
      const body = await response.text()
      const { 'content-length': _fullLength, ...headers } = Object.fromEntries(response.headers)
      return createTextResponse(response.status, body.slice(0, body.length / 2), headers)
    }
    case 'redirect':
      return createTextResponse(failure.status ?? 307, '', {
        Location: failure.location ?? `${url.origin}/elsewhere`,
      })
  }

  async function delayResponse(
    delay: () => Promise<void>,
    when: 'before' | 'after' = 'before',
  ): Promise<Response> {
    if (when === 'before') await delay()
    const response = await respond()
    if (when === 'after') await delay()
    return response
  }
}

const guestNetworkPage =
  '<!doctype html><title>Welcome to the guest network</title><p>Accept the terms to continue.</p>'

/** Creates the error with which `fetch` rejects when a connection closes. */
function createDisconnectError(): TypeError {
  return new TypeError('fetch failed', { cause: new Error('A sandbox fault closed the connection') })
}

async function disconnectInBody(response: Response): Promise<Response> {
  const body = new Uint8Array(await response.arrayBuffer())
  const chunks = [body.subarray(0, body.length / 2)]
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const chunk = chunks.pop()
      if (chunk) controller.enqueue(chunk)
      else controller.error(createDisconnectError())
    },
  })
  return new Response(stream, { status: response.status, headers: response.headers })
}
