import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import { Agent } from 'undici'
import { BodyQueue } from './body-queue.ts'
import type { SendUpstream, UpstreamCall, UpstreamRequest, UpstreamResponse } from './upstream.ts'

/** Zero means no limit: {@link SendUpstream} has none, and an event stream may be silent for hours. */
const noLimits = { headersTimeout: 0, bodyTimeout: 0 }
let agent: Agent | undefined

/**
 * Sends requests to the resource server, on Node. Its own `fetch` keeps a streamed body in memory, decodes responses
 * and ends a response that is silent for five minutes. `dispatch` makes no streams and no signals, which cost more than
 * the request.
 */
export const sendUpstream: SendUpstream = (request) => new UndiciCall(request)

/** Values by name in lower case. */
type ReceivedHeaders = Record<string, string | string[] | undefined>

/** One request; undici calls the methods that begin with `on`. */
class UndiciCall implements UpstreamCall, Dispatcher.DispatchHandler {
  readonly response: Promise<UpstreamResponse>
  readonly #onBroken: UpstreamRequest['onBroken']
  readonly #onEnd: UpstreamRequest['onEnd']
  #resolve: (response: UpstreamResponse) => void = () => {}
  #reject: (error: Error) => void = () => {}
  #controller: Dispatcher.DispatchController | null = null
  #body: BodyQueue | null = null
  #connection: Duplex | null = null
  #cancelReason: Error | null = null

  constructor({
    origin,
    path,
    method,
    headers,
    body,
    contentLength,
    upgrade,
    onBroken,
    onEnd,
  }: UpstreamRequest) {
    this.#onBroken = onBroken
    this.#onEnd = onEnd
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    if (contentLength !== null && !(body instanceof Uint8Array))
      headers['content-length'] = `${contentLength}`
    agent ??= new Agent(noLimits)
    agent.dispatch({ origin, path, method, headers, body, upgrade } as Dispatcher.DispatchOptions, this)
  }

  cancel(reason: Error): void {
    this.#cancelReason ??= reason
    this.#reject(reason)
    this.#connection?.destroy()
    this.#controller?.abort(reason)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#cancelReason) controller.abort(this.#cancelReason)
  }

  onRequestUpgrade(_: unknown, status: number, headers: ReceivedHeaders, connection: Duplex): void {
    this.#connection = connection
    // Without a listener, an error would end the process.
    connection.on('error', () => {}).once('close', this.#onEnd)
    if (this.#cancelReason) connection.destroy()
    this.#resolve({ status, statusText: '', headers: joinValues(headers), body: null, connection })
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: ReceivedHeaders,
    statusText = '',
  ): void {
    // Informational responses come before the response.
    if (status < 200) return
    this.#body = new BodyQueue({
      pause: () => controller.pause(),
      resume: () => controller.resume(),
      cancel: () => this.cancel(new Error('cancelled')),
    })
    this.#resolve({ status, statusText, headers: joinValues(headers), body: this.#body })
  }

  onResponseData(_: unknown, chunk: Buffer<ArrayBuffer>): void {
    this.#body?.push(chunk)
  }

  onResponseEnd(): void {
    this.#body?.end()
    this.#onEnd()
  }

  onResponseError(_: unknown, error: Error): void {
    this.#reject(error)
    if (!this.#body) return
    if (!this.#cancelReason) this.#onBroken(error)
    this.#body.end(error)
    this.#onEnd()
  }
}

/** Joins the values of headers that are there several times. undici reads bytes as Latin-1, so the browser gets the same. */
function joinValues(received: ReceivedHeaders): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name of Object.keys(received)) {
    const value = received[name] ?? ''
    // It would set the prototype.
    if (name !== '__proto__') headers[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return headers
}
