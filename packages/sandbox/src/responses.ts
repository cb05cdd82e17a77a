/** Creates a response with a `Content-Length`, as the documented systems send it. */
export function createTextResponse(
  status: number,
  body: string,
  headers: Record<string, string> = {},
): Response {
  return new Response(body, {
    status,
    headers: { ...headers, 'Content-Length': String(new TextEncoder().encode(body).length) },
  })
}

/** Creates a response in compact JSON, without the members that are `undefined`. */
export function createJsonResponse(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): Response {
  return createTextResponse(status, JSON.stringify(body), {
    'Content-Type': 'application/json; charset=utf-8',
    ...headers,
  })
}

/** The body of an OAuth error response (RFC 6749 §5.2). */
export interface OAuthError {
  error: string
  error_description: string
}

export function createOAuthError(error: string, description: string): OAuthError {
  return { error, error_description: description }
}
