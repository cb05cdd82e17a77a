import { randomBytes } from 'node:crypto'

/** What every server knows of the user; the token endpoint sends it. */
export const user = {
  username: 'cathy.jones',
  email: 'cathy.jones@example.com',
  name: 'Catherine Jones',
  roles: ['agent', 'supervisor', 'reporting'],
  team: 'Customer care, evening shift',
}
export const scope = ['read', 'write', 'reports']
/** Seconds. */
export const tokenLifetime = 3600
const sessionLifetime = 43_200

/** Creates a token as long as a usual JWT, or a shorter one. */
export function createToken(bytes = 540) {
  return randomBytes(bytes).toString('base64url')
}

/** The headers of Latchkey's responses about a session. */
export const sessionHeaders = {
  'Content-Type': 'application/json; charset=utf-8',
  Pragma: 'no-cache',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  Vary: 'Cookie, Origin, Sec-Fetch-Site',
}

/** Creates the data that a session of Latchkey stores. */
export function createSessionData() {
  const now = Date.now()
  return {
    provider: 'oauth2 http://127.0.0.1:40000/token',
    subject: randomBytes(32).toString('base64url'),
    user,
    scope,
    startedAt: now,
    sequence: 1,
    accessToken: createToken(),
    tokenRequestedAt: now,
    lifetime: tokenLifetime,
    refreshToken: createToken(48),
    requestedScope: scope,
  }
}

/**
 * Formats the body of Latchkey's response to `GET /auth/session`.
 *
 * @param {ReturnType<typeof createSessionData>} data
 * @param {string} sessionId
 * @param {number} expiresAt milliseconds since 1970
 */
export function formatSessionBody(data, sessionId, expiresAt) {
  const now = Date.now()
  const { lifetime, tokenRequestedAt } = data
  return JSON.stringify({
    session: {
      session_id: sessionId,
      subject: data.subject,
      user: data.user,
      scope: data.scope,
      expires_in: Math.floor((expiresAt - now) / 1000),
    },
    token: {
      access_token: data.accessToken,
      token_type: 'Bearer',
      expires_in: Math.floor((tokenRequestedAt + lifetime * 1000 - now) / 1000),
      sequence: data.sequence,
    },
    mode: 'token',
    sign_in: signInMethods,
  })
}

/** Returns when a session that is used now ends, in milliseconds since 1970. */
export function getSessionEnd() {
  return Date.now() + sessionLifetime * 1000
}

const signInMethods = {
  credentials: {
    fields: [
      { name: 'username', label: 'Username', type: 'text', optional: false },
      { name: 'password', label: 'Password', type: 'password', optional: false },
    ],
  },
}
