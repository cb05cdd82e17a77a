/** A request to the token endpoint, before it is sent. */
export interface PreparedRequest {
  url: string
  method: string
  headers: Record<string, string>
  body: string | null
}

/** A response of the token endpoint. */
export interface RawResponse {
  status: number
  headers: Headers
  text: string
}

/**
 * Functions for servers that no description covers. When a hook throws, the log names the hook and never the error,
 * which may contain a secret; the browser gets `server_error`.
 */
export interface Hooks {
  /** Changes a request just before it is sent, for example to hash the password. */
  transformRequest?: (request: PreparedRequest) => PreparedRequest | Promise<PreparedRequest>
  /** Converts a response to the form of RFC 6749 §5.1 and §5.2. */
  transformResponse?: (response: RawResponse) => Pick<RawResponse, 'status' | 'text'>
}
