/** A request to the resource server. */
export interface UpstreamRequest {
  url: URL
  method: string
  headers: Headers
  body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null
  /** The bytes of a streamed body; `null` when unknown. */
  contentLength: number | null
  /** Aborts the request and the body of its response. */
  signal: AbortSignal
}

/** A response of the resource server: its body is unread, and may still be compressed. */
export interface UpstreamResponse {
  status: number
  statusText: string
  headers: Headers
  body: ReadableStream<Uint8Array> | null
}

/**
 * Sends a request to the resource server. Resolves when the response begins; follows no redirect, and has no time limit
 * itself.
 */
export type SendUpstream = (request: UpstreamRequest) => Promise<UpstreamResponse>

/** The encodings that `fetch` decodes. */
const decodedEncodings = /^\s*(x-gzip|gzip|deflate|br)\s*(,\s*(x-gzip|gzip|deflate|br)\s*)*$/i

/** Creates a {@link SendUpstream} for runtimes that have only `fetch`, which decodes responses. */
export function createFetchUpstream(fetch: typeof globalThis.fetch): SendUpstream {
  return async ({ url, method, headers: requestHeaders, body: requestBody, signal }) => {
    const sentHeaders = new Headers(requestHeaders)
    sentHeaders.delete('Accept-Encoding')
    const init = { method, headers: sentHeaders, body: requestBody, redirect: 'manual', signal } as const
    const { status, statusText, headers, body } = await fetch(url.href, {
      ...init,
      duplex: 'half',
    } as RequestInit)
    if (!decodedEncodings.test(headers.get('Content-Encoding') ?? ''))
      return { status, statusText, headers, body }
    const decodedHeaders = new Headers(headers)
    // They describe the body before it was decoded.
    for (const name of ['Content-Encoding', 'Content-Length']) decodedHeaders.delete(name)
    return { status, statusText, headers: decodedHeaders, body }
  }
}
