import { createClient } from '@redis/client'
import pg from 'pg'
import type { Store } from '../../src/stores/store.ts'
import { postgresStore } from '../../src/stores/postgres-store.ts'
import { redisStore } from '../../src/stores/redis-store.ts'

/** Where a shared engine listens. */
export interface SharedEngineAddress {
  readonly kind: 'redis' | 'postgres'
  /** The socket file of Redis, or the folder of that of PostgreSQL. */
  readonly path: string
}

/** Opens the store of a process with the lines of docs/stores.md. Its `close` also closes the connections. */
export async function openSharedStore({ kind, path }: SharedEngineAddress): Promise<Store> {
  if (kind === 'redis') {
    const client = createClient({ socket: { path, tls: false }, disableOfflineQueue: true })
    const subscriber = client.duplicate()
    for (const each of [client, subscriber]) {
      each.on('error', () => {})
      await each.connect()
    }
    const store = redisStore({ client, subscriber })
    return {
      ...store,
      async close() {
        await store.close()
        for (const each of [client, subscriber]) each.destroy()
      },
    }
  }
  const pool = new pg.Pool({
    host: path,
    user: 'postgres',
    database: 'postgres',
    connectionTimeoutMillis: 3000,
  })
  pool.on('error', () => {})
  const store = postgresStore({ query: (text, values) => pool.query(text, values) })
  return {
    ...store,
    async close() {
      await store.close()
      await pool.end()
    },
  }
}
