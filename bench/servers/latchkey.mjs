import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBff, memoryStore } from '@latchkey/bff'
import { embeddedStore } from '@latchkey/bff/embedded'
import { toNodeListener } from '@latchkey/bff/node'
import { oauth2 } from '@latchkey/bff/providers'
import { listen } from './listen.mjs'
import { scope } from './session-body.mjs'

/**
 * Starts Latchkey with one session in memory, and with a proxy route.
 *
 * @type {import('./index.mjs').StartServer}
 */
export async function startLatchkey(upstreams) {
  return startBff({ ...upstreams, store: memoryStore() }, 1)
}

/**
 * Starts Latchkey with one session in a folder.
 *
 * @type {import('./index.mjs').StartServer}
 */
export async function startLatchkeyEmbedded(upstreams) {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
  const store = embeddedStore({ path: folder })
  const server = await startBff({ ...upstreams, store }, 1)
  return {
    ...server,
    async close() {
      await server.close()
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/**
 * Starts Latchkey with many sessions and a clock that runs 20 times as fast, because it refreshes no token that is younger
 * than ten seconds.
 *
 * @type {import('./index.mjs').StartServer}
 */
export async function startLatchkeyRefresh({ sessionCount = 200, ...upstreams }) {
  const now = createFastClock()
  return startBff({ ...upstreams, store: memoryStore({ now }), platform: { now } }, sessionCount)
}

/** Creates a clock that runs 20 times as fast. */
export function createFastClock() {
  const start = Date.now()
  return () => start + (Date.now() - start) * 20
}

/**
 * @param {import('./index.mjs').Upstreams & Pick<import('@latchkey/bff').BffOptions, 'store' | 'platform'>} options
 * @param {number} sessionCount
 * @returns {Promise<import('./index.mjs').RunningServer>}
 */
export async function startBff({ tokenEndpoint, resourceServer, ...options }, sessionCount) {
  const bff = createBff({
    provider: oauth2({
      tokenEndpoint,
      clientId: 'portal',
      clientSecret: 'correct horse battery staple',
      scope,
      user: '/user',
    }),
    proxy: [{ path: '/api/*', to: `${resourceServer}/api/*`, methods: ['GET', 'POST'] }],
    throttle: false,
    // The warning about the password grant is known here; a failed request ends the benchmark.
    logger: { info() {}, warn() {}, error: console.error },
    ...options,
  })
  const { port, close } = await listen(toNodeListener(bff))
  const origin = `http://127.0.0.1:${port}`
  const sessions = await Promise.all(
    Array.from({ length: sessionCount }, (_, index) => signIn(bff, origin, `cathy-${index}`)),
  )
  return {
    port,
    sessions,
    async close() {
      close()
      await bff.close()
    },
  }
}

/**
 * @param {import('@latchkey/bff').Bff} bff
 * @param {string} origin
 * @param {string} username
 * @returns {Promise<import('./index.mjs').Signed>}
 */
async function signIn(bff, origin, username) {
  const response = await bff.fetch(
    new Request(`${origin}/auth/session`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Latchkey': '1', Origin: origin },
      body: JSON.stringify({ credentials: { username, password: 'secret' } }),
    }),
  )
  const [cookie = ''] = response.headers.getSetCookie().map((line) => line.replace(/;.*/, ''))
  const { session } = /** @type {import('@latchkey/wire').SessionResponse} */ (await response.json())
  if (!session) throw new Error('The sign-in failed')
  return { cookie, sessionId: session.session_id }
}
