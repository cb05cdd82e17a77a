/**
 * @typedef {Pick<import('@latchkey/core').AuthClient, 'accessToken' | 'fetch' | 'getAccessToken'>} Client
 *
 * @typedef {'stub' | 'fetch' | 'getAccessToken' | 'accessToken'} CallName
 */

/**
 * Responds without a network: to `GET /auth/session` with a session whose token is valid for an hour, and to all else
 * with a small body.
 *
 * @param {RequestInfo | URL} input
 */
export function fetchStub(input) {
  const isSession = typeof input === 'string' && input.endsWith('/auth/session')
  return Promise.resolve(isSession ? Response.json(session) : new Response('{"ok":true}'))
}

/** @type {import('@latchkey/wire').SessionResponse} */
const session = {
  session: {
    session_id: 'session-1',
    subject: 'cathy',
    user: { username: 'cathy', email: 'cathy@example.com' },
    scope: ['read'],
    expires_in: 43_200,
  },
  token: { access_token: 'x'.repeat(720), token_type: 'Bearer', expires_in: 3600, sequence: 1 },
  mode: 'token',
  sign_in: {},
}

/**
 * Times calls of a signed-in client beside the stub network, all in turn, in another order each round.
 *
 * @param {Client} client
 * @param {typeof fetchStub} stub the network that the client uses as well
 * @param {CallName[][]} orders the order of the calls, for each round
 * @returns {Promise<Record<CallName, number[]>>} microseconds of a call, for each round
 */
export async function timeCalls(client, stub, orders) {
  const loops = {
    stub: {
      calls: 2000,
      async run(/** @type {number} */ calls) {
        for (let call = 0; call < calls; call += 1) await stub('/api/me')
      },
    },
    fetch: {
      calls: 2000,
      async run(/** @type {number} */ calls) {
        for (let call = 0; call < calls; call += 1) await client.fetch('/api/me')
      },
    },
    getAccessToken: {
      calls: 20_000,
      async run(/** @type {number} */ calls) {
        for (let call = 0; call < calls; call += 1) await client.getAccessToken()
      },
    },
    accessToken: {
      calls: 100_000,
      async run(/** @type {number} */ calls) {
        let length = 0
        for (let call = 0; call < calls; call += 1) length += client.accessToken.get()?.length ?? 0
        if (length === 0) throw new Error('The client has no token')
      },
    },
  }
  /** @type {Record<CallName, number[]>} */
  const times = { stub: [], fetch: [], getAccessToken: [], accessToken: [] }
  for (const name of orders.flat()) {
    const loop = loops[name]
    const start = performance.now()
    await loop.run(loop.calls)
    times[name].push(((performance.now() - start) * 1000) / loop.calls)
  }
  return times
}
