/** A request to the token endpoint as it would be sent. */
export interface PreparedRequest {
  url: string
  method: string
  headers: Record<string, string>
  body: string | null
}

/** An answer of the token endpoint: its status, and its body as text. */
export interface RawResponse {
  status: number
  headers: Headers
  text: string
}

/**
 * For what no field of a description can say. Write the reason beside each. What a hook throws is not told to anybody,
 * because it may hold a secret; the log names the hook.
 */
export interface Hooks {
  /** Changes a request last of all: hashes a password, wraps everything into an envelope. */
  transformRequest?: (request: PreparedRequest) => PreparedRequest | Promise<PreparedRequest>
  /** Turns an answer into what RFC 6749 §5.1 and §5.2 say. */
  transformResponse?: (response: RawResponse) => Pick<RawResponse, 'status' | 'text'>
}
