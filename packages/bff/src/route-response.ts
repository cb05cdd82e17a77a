import type { Duplex } from 'node:stream'
import type { ErrorResponse } from '@latchkey/wire'
import type { BffError } from './errors.ts'

/** Header values by name in lower case. */
export type ResponseHeaders = Record<string, string | string[]>

/** A response as routes create it, whatever server sends it. */
export interface RouteResponse {
  status: number
  /** The reason phrase, in ASCII; that of the status when empty or absent. */
  statusText?: string
  headers: ResponseHeaders
  body: string | Uint8Array<ArrayBuffer> | BodyStream | null
  /** With status 101: the connection to the resource server, whose bytes pass both ways. */
  connection?: Duplex
}

/** A body that arrives in parts. Iterating throws when it ends early. */
export interface BodyStream extends AsyncIterable<Uint8Array> {
  /** Returns all of the body, if it has arrived and nothing of it was read; else `null`. */
  takeWhole(): Uint8Array<ArrayBuffer> | null
  /** Discards the remainder, and ends its connection if there is any. */
  cancel(): void
}

/** Creates a response with a JSON body in UTF-8. */
export function createJsonResponse(body: object, status = 200, headers: ResponseHeaders = {}): RouteResponse {
  const text = JSON.stringify(body)
  return {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(text)),
      // RFC 6749 §5.1 requires it for responses with tokens, for HTTP/1.0 caches.
      pragma: 'no-cache',
      ...headers,
    },
    body: text,
  }
}

/** Creates the response for an error, without the hint. */
export function createErrorResponse(error: BffError): RouteResponse {
  const { code, message, status, reason, retryAfter, challenge, allow } = error
  const body: ErrorResponse = {
    error: code,
    error_description: message,
    ...(reason !== undefined && { reason }),
    ...(retryAfter !== undefined && { retry_after: retryAfter }),
    ...(challenge !== undefined && { challenge }),
  }
  return createJsonResponse(body, status, {
    ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    // A 401 needs a challenge (RFC 9110 §11.6.1); browsers show no dialog for an unknown scheme.
    ...(status === 401 && { 'www-authenticate': 'Latchkey' }),
    ...(allow !== undefined && { allow }),
  })
}
