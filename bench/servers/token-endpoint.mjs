import { createToken, scope, tokenLifetime, user } from './session-body.mjs'
import { listen } from './listen.mjs'

/** Milliseconds that an authorization server on the same network needs. */
const latency = 20

/**
 * Starts a token endpoint that accepts every grant. A GET returns the number of grants so far.
 *
 * @type {import('./index.mjs').StartServer}
 */
export async function startTokenEndpoint() {
  let grants = 0
  return listen((request, response) => {
    if (request.method === 'GET') {
      response.end(String(grants))
      return
    }
    grants += 1
    request.resume().on('end', () =>
      setTimeout(() => {
        const body = JSON.stringify({
          access_token: createToken(),
          token_type: 'Bearer',
          expires_in: tokenLifetime,
          refresh_token: createToken(48),
          scope: scope.join(' '),
          user,
        })
        response.writeHead(200, {
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(body),
          'Cache-Control': 'no-store',
        })
        response.end(body)
      }, latency),
    )
  })
}
