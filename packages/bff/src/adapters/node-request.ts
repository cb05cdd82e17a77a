import type { IncomingMessage, ServerResponse } from 'node:http'
import { setSocketAddress } from '../guards/client-address.ts'
import type { RequestBody, RequestUrl, RouteRequest } from '../route-request.ts'
import { formatUrl } from '../route-request.ts'
import { stopResponse } from './node-response.ts'

/** Properties that frameworks add to a request. */
export interface FrameworkRequest {
  /** The whole request target. Below a mount point, `url` is only the remainder. */
  originalUrl?: unknown
  /** The result of a body parser. */
  body?: unknown
}

const noCallbacks: readonly (() => void)[] = []

/** The routes' view of a request of `node:http` or `node:http2`. */
export class NodeRequest implements RouteRequest {
  readonly url: RequestUrl
  readonly method: string
  readonly body: RequestBody | null
  readonly canUpgrade: boolean
  readonly #incoming: IncomingMessage
  readonly #outgoing: ServerResponse
  readonly #wasParsed: boolean
  #isDisconnected = false
  #callbacks: readonly (() => void)[] = noCallbacks

  constructor(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    url: RequestUrl,
    method: string,
    body: RequestBody | null,
    canUpgrade = false,
  ) {
    this.#incoming = incoming
    this.#outgoing = outgoing
    this.#wasParsed = body !== null && incoming.readableDidRead
    this.url = url
    this.method = method
    this.body = body
    this.canUpgrade = canUpgrade
    outgoing.on('close', () => {
      // Of HTTP/2, `writableFinished` is true in any case.
      if (!outgoing.writableEnded) this.#disconnect()
    })
  }

  get address(): string | null {
    return this.#incoming.socket.remoteAddress ?? null
  }

  get isDisconnected(): boolean {
    return this.#isDisconnected
  }

  getHeader(name: string): string | null {
    // A body parser has also decompressed the body.
    if (this.#wasParsed && name === 'content-encoding') return null
    const value = this.#incoming.headers[name]
    return Array.isArray(value) ? value.join(', ') : (value ?? null)
  }

  whenDisconnected(callback: () => void): void {
    if (this.#isDisconnected) callback()
    else this.#callbacks = [...this.#callbacks, callback]
  }

  stopResponse(): void {
    if (this.#outgoing.headersSent) stopResponse(this.#outgoing)
  }

  toWebRequest(client: Pick<RouteRequest, 'url' | 'address'> = this): Request {
    const headers = new Headers()
    for (const name of Object.keys(this.#incoming.headers)) {
      const value = this.getHeader(name)
      if (value !== null && !name.startsWith(':')) headers.append(name, value)
    }
    const controller = new AbortController()
    this.whenDisconnected(() => controller.abort())
    const request = new Request(formatUrl(client.url), {
      method: this.method,
      headers,
      signal: controller.signal,
    })
    setSocketAddress(request, client.address ?? undefined)
    return request
  }

  #disconnect(): void {
    this.#isDisconnected = true
    for (const callback of this.#callbacks) callback()
  }
}
