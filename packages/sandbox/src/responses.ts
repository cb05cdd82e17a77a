/** An answer with its `Content-Length`, as the documented systems send it. */
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

/** An answer in compact JSON; members that are `undefined` are left out. */
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

/** The body of an OAuth error answer (RFC 6749 §5.2). */
export interface OAuthError {
  error: string
  error_description: string
}
