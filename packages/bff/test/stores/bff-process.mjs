// A child process with a BFF on each store: `node bff-process.mjs CONFIGURATION`. Answers messages of its parent.
// Loads the TypeScript sources through Vite, because Node 20 cannot.
import { fileURLToPath } from 'node:url'
import { createClient } from '@redis/client'
import pg from 'pg'
import { runnerImport } from 'vite'

/**
 * @typedef {object} Configuration
 * @property {string} tokenEndpoint
 * @property {string | null} redisPath the socket file of Redis
 * @property {string | null} postgresHost the folder of the socket file of PostgreSQL
 * @property {number} advanceMs by how much the clock of this process is ahead
 *
 * @typedef {object} Task
 * @property {'redis' | 'postgres'} engine
 * @property {string} cookie
 * @property {string} sessionId
 * @property {number} callers
 */

/** @type {Configuration} */
const { tokenEndpoint, redisPath, postgresHost, advanceMs } = JSON.parse(process.argv[2] ?? '')
const conditions = ['source']

/** @param {string} file */
async function load(file) {
  const { module } = await runnerImport(fileURLToPath(new URL(`../../src/${file}`, import.meta.url)), {
    configFile: false,
    logLevel: 'error',
    resolve: { conditions },
    ssr: { resolve: { conditions }, noExternal: [/^@latchkey\//] },
  })
  return module
}

const { createBff } = await load('index.ts')
const { oauth2 } = await load('providers/index.ts')

async function openRedis() {
  const { redisStore } = await load('stores/redis-store.ts')
  const client = createClient({ socket: { path: String(redisPath), tls: false } })
  const subscriber = client.duplicate()
  for (const each of [client, subscriber]) {
    each.on('error', () => {})
    await each.connect()
  }
  return redisStore({ client, subscriber })
}

async function openPostgres() {
  const { postgresStore } = await load('stores/postgres-store.ts')
  const connection = { host: String(postgresHost), user: 'postgres', database: 'postgres' }
  const pool = new pg.Pool(connection)
  pool.on('error', () => {})
  return postgresStore({
    query: (/** @type {string} */ text, /** @type {string[]} */ values) => pool.query(text, values),
    async listen(/** @type {string} */ channel, /** @type {(message: string) => void} */ onMessage) {
      const client = new pg.Client(connection)
      client.on('error', () => {})
      client.on('notification', ({ payload }) => onMessage(payload ?? ''))
      await client.connect()
      await client.query(`LISTEN ${channel}`)
    },
  })
}

/** @param {unknown} store */
function open(store) {
  return createBff({
    provider: oauth2({ tokenEndpoint, clientId: 'portal', clientSecret: 's3cret' }),
    store,
    platform: { now: () => Date.now() + advanceMs },
    logger: { info() {}, warn() {}, error() {} },
  })
}

const bffs = {
  redis: redisPath === null ? null : open(await openRedis()),
  postgres: postgresHost === null ? null : open(await openPostgres()),
}

process.on('message', async (/** @type {Task} */ { engine, cookie, sessionId, callers }) => {
  const origin = 'https://portal.example.com'
  const headers = {
    'X-Latchkey': '1',
    'Sec-Fetch-Site': 'same-origin',
    'Content-Type': 'application/json',
    Origin: origin,
    Cookie: cookie,
  }
  const body = JSON.stringify({ session_id: sessionId, after: 1 })
  const call = async () => {
    const response = await bffs[engine].fetch(
      new Request(`${origin}/auth/token`, { method: 'POST', headers, body }),
    )
    const { token, error } = await response.json()
    return token?.access_token ?? error
  }
  const calls = Array.from({ length: callers }, call)
  process.send?.('asked')
  process.send?.(await Promise.all(calls))
})
process.send?.('ready')
