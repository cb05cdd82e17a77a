import { createHash } from 'node:crypto'
import { createClient } from '@redis/client'
import pg from 'pg'

/**
 * A record of the floor: its version, when it expires in milliseconds since 1970, and its sealed data.
 *
 * @typedef {{ version: number, expiresAt: number, sealed: Buffer }} SharedRecord
 *
 * The least that a refresh must do with records that several processes share: a lease, so that one of them sends the
 * refresh token, and a write over one version only.
 *
 * @typedef {object} SharedRecords
 * @property {(key: string) => Promise<SharedRecord | null>} read
 * @property {(key: string, record: SharedRecord) => Promise<unknown>} insert
 * @property {(key: string, owner: string) => Promise<boolean>} lease
 * @property {(key: string, record: SharedRecord, ifVersion: number) => Promise<boolean>} replaceAndRelease
 * @property {() => unknown} close
 */

const leaseMs = 5000

/**
 * Opens the records of the floor in a database server.
 *
 * @param {import('./index.mjs').EngineAddress} address
 * @returns {Promise<SharedRecords>}
 */
export function openSharedRecords(address) {
  return address.kind === 'redis' ? openRedisRecords(address.path) : openPostgresRecords(address.path)
}

const replaceScript = `
local record = redis.call('GET', KEYS[1])
if not record or string.match(record, '^%d+') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
redis.call('DEL', KEYS[2])
return 1`
const replaceSha1 = createHash('sha1').update(replaceScript).digest('hex')

/**
 * @param {string} path
 * @returns {Promise<SharedRecords>}
 */
async function openRedisRecords(path) {
  const client = createClient({ socket: { path, tls: false } })
  await client.connect()
  await client.sendCommand(['SCRIPT', 'LOAD', replaceScript])
  /** @param {SharedRecord} record */
  const format = ({ version, expiresAt, sealed }) => `${version} ${expiresAt} ${sealed.toString('base64')}`
  return {
    async read(key) {
      const [version, expiresAt, sealed = ''] = ((await client.get(`floor:${key}`)) ?? '').split(' ')
      return version === ''
        ? null
        : { version: Number(version), expiresAt: Number(expiresAt), sealed: Buffer.from(sealed, 'base64') }
    },
    insert: (key, record) =>
      client.sendCommand(['SET', `floor:${key}`, format(record), 'PXAT', `${record.expiresAt}`]),
    lease: async (key, owner) =>
      (await client.sendCommand(['SET', `lease:${key}`, owner, 'NX', 'PX', `${leaseMs}`])) !== null,
    async replaceAndRelease(key, record, ifVersion) {
      const keys = ['2', `floor:${key}`, `lease:${key}`]
      const args = [`${ifVersion}`, format(record), `${record.expiresAt}`]
      return Number(await client.sendCommand(['EVALSHA', replaceSha1, ...keys, ...args])) === 1
    },
    close: () => client.destroy(),
  }
}

/**
 * @param {string} host
 * @returns {Promise<SharedRecords>}
 */
async function openPostgresRecords(host) {
  const pool = new pg.Pool({ host, user: 'postgres', database: 'postgres' })
  await pool.query(
    'CREATE TABLE floor (key text PRIMARY KEY, version int, expires_at float8, sealed bytea); ' +
      'CREATE TABLE floor_leases (key text PRIMARY KEY, owner text, expires_at float8)',
  )
  return {
    async read(key) {
      const { rows } = await pool.query('SELECT version, expires_at, sealed FROM floor WHERE key = $1', [key])
      const [row] = rows
      return row ? { version: row.version, expiresAt: row.expires_at, sealed: row.sealed } : null
    },
    insert: (key, { version, expiresAt, sealed }) =>
      pool.query('INSERT INTO floor VALUES ($1, $2, $3, $4)', [key, version, expiresAt, sealed]),
    async lease(key, owner) {
      const now = Date.now()
      const { rowCount } = await pool.query(
        'INSERT INTO floor_leases AS l VALUES ($1, $2, $3) ON CONFLICT (key) DO UPDATE ' +
          'SET owner = excluded.owner, expires_at = excluded.expires_at WHERE l.expires_at < $4',
        [key, owner, now + leaseMs, now],
      )
      return rowCount === 1
    },
    async replaceAndRelease(key, { version, expiresAt, sealed }, ifVersion) {
      const { rowCount } = await pool.query(
        'WITH released AS (DELETE FROM floor_leases WHERE key = $1) ' +
          'UPDATE floor SET version = $2, expires_at = $3, sealed = $4 WHERE key = $1 AND version = $5',
        [key, version, expiresAt, sealed, ifVersion],
      )
      return rowCount === 1
    },
    close: () => pool.end(),
  }
}
