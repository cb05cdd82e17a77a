import type { Duplex } from 'node:stream'
import type { BodyStream } from './route-response.ts'

/** A request to the resource server. */
export interface UpstreamRequest {
  /** Scheme, host and port. */
  origin: string
  /** The path with the query. */
  path: string
  method: string
  /** Values by name in lower case. */
  headers: Record<string, string>
  body: Uint8Array<ArrayBuffer> | AsyncIterable<Uint8Array> | null
  /** The bytes of a streamed body; `null` when unknown. */
  contentLength: number | null
  /** The protocol to switch to; a server that does responds with 101 and a connection. */
  upgrade?: 'websocket'
  /** Is called when the body of the response ends early, and the reader did not cancel it. */
  onBroken: (error: unknown) => void
  /**
   * Is called when the body of the response has arrived, ended early or was cancelled, or when the connection has closed;
   * it may be called again.
   */
  onEnd: () => void
}

/** A response of the resource server: its body is unread, and may still be compressed. */
export interface UpstreamResponse {
  status: number
  statusText: string
  /** Values by name in lower case; several of one name are joined. */
  headers: Record<string, string>
  body: BodyStream | null
  /** With status 101. */
  connection?: Duplex
}

/** A request that was sent to the resource server. */
export interface UpstreamCall {
  /** Resolves when the response begins. */
  response: Promise<UpstreamResponse>
  /** Ends the call: the response, its body or its connection fails with the reason. */
  cancel: (reason: Error) => void
}

/** Sends a request to the resource server. Follows no redirect, and has no time limit itself. */
export type SendUpstream = (request: UpstreamRequest) => UpstreamCall
