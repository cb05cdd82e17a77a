import { postgresStore } from '@latchkey/bff/postgres'
import { redisStore } from '@latchkey/bff/redis'
import { createClient } from '@redis/client'
import pg from 'pg'
import { createFastClock, startBff } from './latchkey.mjs'

/**
 * Starts Latchkey with one session in a database server.
 *
 * @type {import('./index.mjs').StartServer}
 */
export async function startLatchkeyShared({ engine, sessionCount = 1, ...upstreams }) {
  return startShared(await openStore(engine), upstreams, sessionCount)
}

/**
 * Starts Latchkey with many sessions in a database server, and a clock that runs 20 times as fast.
 *
 * @type {import('./index.mjs').StartServer}
 */
export async function startLatchkeySharedRefresh({ engine, sessionCount = 200, ...upstreams }) {
  const options = { ...upstreams, platform: { now: createFastClock() } }
  return startShared(await openStore(engine), options, sessionCount)
}

/**
 * @param {Awaited<ReturnType<typeof openStore>>} opened
 * @param {Parameters<typeof startBff>[0]} options
 * @param {number} sessionCount
 */
async function startShared({ store, close }, options, sessionCount) {
  const server = await startBff({ ...options, store }, sessionCount)
  return {
    ...server,
    async close() {
      await server.close()
      await close()
    },
  }
}

/**
 * Opens a store as docs/stores.md does, and returns it with a function that closes it and its connections.
 *
 * @param {import('./index.mjs').EngineAddress | undefined} engine
 */
export async function openStore(engine) {
  if (engine === undefined) throw new Error('The address of the database server is missing')
  if (engine.kind === 'postgres') {
    const pool = new pg.Pool({ host: engine.path, user: 'postgres', database: 'postgres' })
    const store = postgresStore({ query: (text, values) => pool.query(text, values) })
    return { store, close: () => pool.end() }
  }
  const client = createClient({ socket: { path: engine.path, tls: false }, disableOfflineQueue: true })
  await client.connect()
  const subscriber = client.duplicate()
  await subscriber.connect()
  const store = redisStore({ client, subscriber })
  return {
    store,
    close: async () => {
      await store.close()
      client.destroy()
      subscriber.destroy()
    },
  }
}
