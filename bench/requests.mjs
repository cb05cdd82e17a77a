/**
 * A request of a page.
 *
 * @typedef {{ method: string, path: string, headers: Record<string, string>, body: string }} PageRequest
 */

/**
 * Creates a request as Chromium sends it from a page of the same origin.
 *
 * @param {number} port
 * @param {string} method
 * @param {string} path
 * @param {string} cookie
 * @param {string} [body]
 * @returns {PageRequest}
 */
export function createPageRequest(port, method, path, cookie, body = '') {
  const origin = `http://127.0.0.1:${port}`
  return {
    method,
    path,
    headers: {
      Host: `127.0.0.1:${port}`,
      Connection: 'keep-alive',
      'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0',
      Accept: 'application/json',
      'Accept-Encoding': 'gzip, deflate, br, zstd',
      'Accept-Language': 'en-US,en;q=0.9',
      Referer: `${origin}/`,
      'Sec-Fetch-Dest': 'empty',
      'Sec-Fetch-Mode': 'cors',
      'Sec-Fetch-Site': 'same-origin',
      'X-Latchkey': '1',
      ...(method !== 'GET' && {
        Origin: origin,
        'Content-Type': 'application/json',
        'Content-Length': String(Buffer.byteLength(body)),
      }),
      Cookie: cookie,
    },
    body,
  }
}

/** @param {PageRequest} request */
export function serializeRequest({ method, path, headers, body }) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}

/**
 * Creates the request of a page for a valid token.
 *
 * @param {number} port
 * @param {import('./servers/index.mjs').Signed} session
 * @param {boolean} [wasRejected] whether the resource server rejected the present token, so that Latchkey refreshes it
 */
export function createTokenRequest(port, { cookie, sessionId }, wasRejected = false) {
  // The sequence of the page's token: an older one than the session's, or the present one, however often it was refreshed.
  const after = wasRejected ? Number.MAX_SAFE_INTEGER : 0
  const body = JSON.stringify({ session_id: sessionId, after })
  return createPageRequest(port, 'POST', '/auth/token', cookie, body)
}
