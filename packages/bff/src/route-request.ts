/** The parts of a URL that routes read. A `URL` has them. */
export type RequestUrl = Pick<URL, 'protocol' | 'host' | 'hostname' | 'pathname' | 'search'>

/** A request as routes read it, whatever server it came through. */
export interface RouteRequest {
  readonly method: string
  readonly url: RequestUrl
  /**
   * The address at the other end of the connection or, behind a proxy that the option `trustProxy` names, that of the
   * client; `null` when unknown.
   */
  readonly address: string | null
  /** What a trusted proxy in front calls the request, by the header `X-Request-Id`. */
  readonly forwardedId?: string | undefined
  /** `null` without a body. */
  readonly body: RequestBody | null
  /** Whether the client disconnected before it had the whole response. */
  readonly isDisconnected: boolean
  /** Whether the server can respond with 101 and a connection. */
  readonly canUpgrade: boolean
  /** Returns a header by its name in lower case; several of one name are joined, `null` means there is none. */
  getHeader(name: string): string | null
  /** Calls back once when the client disconnects before it has the whole response; at once if it already has. */
  whenDisconnected(callback: () => void): void
  /** Ends a response that has begun without completing it, also when the client reads nothing. */
  stopResponse(): void
  /**
   * Creates a web request without the body, for functions of the application.
   *
   * @param client the URL and the address to use instead of those of the connection
   */
  toWebRequest(client?: Pick<RouteRequest, 'url' | 'address'>): Request
}

/** The body of a request, which one method can read once. */
export interface RequestBody {
  /** Bytes; `null` when unknown. */
  readonly length: number | null
  /**
   * Reads the body. Resolves to `null` when it is longer than `maxBytes`; the remainder is not read.
   *
   * @throws the error of the connection when the body ends early
   */
  readBytes(maxBytes: number): Promise<Uint8Array<ArrayBuffer> | null>
  /** Returns the body in parts, as they arrive. To stop reading leaves the connection open. */
  stream(): AsyncIterable<Uint8Array>
}

/** Formats a URL that is a `URL` or the parts of one. */
export function formatUrl({ protocol, host, pathname, search }: RequestUrl): string {
  return `${protocol}//${host}${pathname}${search}`
}
