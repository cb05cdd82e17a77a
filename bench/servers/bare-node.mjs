import { randomBytes } from 'node:crypto'
import { listen } from './listen.mjs'
import { createSessionData, formatSessionBody, getSessionEnd, sessionHeaders } from './session-body.mjs'

/**
 * Starts a server that sends the bytes of one session without looking at the request.
 *
 * @type {import('./index.mjs').StartServer}
 */
export async function startBareNode() {
  const sessionId = randomBytes(32).toString('base64url')
  const body = Buffer.from(formatSessionBody(createSessionData(), sessionId, getSessionEnd()))
  const server = await listen((_, response) => {
    response.writeHead(200, { ...sessionHeaders, 'Content-Length': body.length })
    response.end(body)
  })
  return { ...server, sessions: [{ cookie: 'session=none', sessionId }] }
}
