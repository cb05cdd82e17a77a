import { randomBytes } from 'node:crypto'
import { createToken } from './session-body.mjs'

/** Creates the sessions of a proxy that finds its token in a `Map`, and reads no sealed record. */
export function createProxySessions() {
  const value = randomBytes(48).toString('base64url')
  const tokens = new Map([[value, createToken()]])
  return {
    signed: { cookie: `session=${value}`, sessionId: '' },
    /**
     * Returns the value of `Authorization` for a request.
     *
     * @param {import('node:http').IncomingMessage} request
     */
    getAuthorization(request) {
      const [, session = ''] = /(?:^|; )session=([\w-]+)/.exec(request.headers.cookie ?? '') ?? []
      return `Bearer ${tokens.get(session)}`
    },
  }
}
