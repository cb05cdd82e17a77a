import { randomBytes } from 'node:crypto'
import secureSession from '@fastify/secure-session'
import fastify from 'fastify'
import { createSessionData, formatSessionBody, getSessionEnd, sessionHeaders } from './session-body.mjs'

/** @typedef {{ data: ReturnType<typeof createSessionData>, expiresAt: number }} Content */

/**
 * Starts Fastify with the whole session encrypted in its cookie, by libsodium.
 *
 * @type {import('./index.mjs').StartServer}
 */
export async function startSecureSession() {
  const sessionId = randomBytes(32).toString('base64url')
  const app = fastify({ keepAliveTimeout: 120_000, forceCloseConnections: true })
  await app.register(secureSession, { key: randomBytes(32), cookieName: 'session', cookie: { path: '/' } })
  app.post('/sign-in', async ({ session }) => {
    /** @type {Content} */
    const content = { data: createSessionData(), expiresAt: getSessionEnd() }
    session.set(/** @type {never} */ ('content'), /** @type {never} */ (content))
    return 'signed in'
  })
  app.get('/auth/session', (request, reply) => {
    const content = /** @type {Content | undefined} */ (request.session.get(/** @type {never} */ ('content')))
    if (!content) return reply.code(401).send()
    return reply.headers(sessionHeaders).send(formatSessionBody(content.data, sessionId, content.expiresAt))
  })
  const signedIn = await app.inject({ method: 'POST', url: '/sign-in' })
  const cookie = String(signedIn.headers['set-cookie']).replace(/;.*/, '')
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  return { port: Number(new URL(address).port), sessions: [{ cookie, sessionId }], close: () => app.close() }
}
