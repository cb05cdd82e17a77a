// One store in a process of its own, filled with a few and with many records: measures the calls of both in turn.
import { randomBytes } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { memoryStore } from '@latchkey/bff'
import { embeddedStore } from '@latchkey/bff/embedded'
import { createClient } from '@redis/client'
import pg from 'pg'
import { createShuffle, getMedian } from './rounds.mjs'
import { openStore } from './servers/shared-latchkey.mjs'

/**
 * @typedef {object} ScaleArguments
 * @property {'memory' | 'embedded' | 'redis' | 'postgres'} kind
 * @property {[few: number, many: number]} counts of live sessions
 * @property {[few: string, many: string]} paths of the database servers or folders
 * @property {number} rounds
 * @property {number} seed
 *
 * @typedef {object} ScaleResult
 * @property {number} bytesPerSession with many sessions
 * @property {Record<'read' | 'signIn' | 'cleanUp' | 'everywhere', number[]>} ratios many sessions to few, by round
 */

const { kind, counts, paths, rounds, seed } = /** @type {ScaleArguments} */ (
  JSON.parse(process.argv[2] ?? '{}')
)
const sessionsPerUser = 5
/** Of both sizes, so that each sign-in of a round has as many to remove. */
const expiredCount = 20_000
const hour = 3_600_000
const lifetimeMs = 12 * hour
/** Moves when the records expire that the clean-up removes. */
let elapsedMs = 0
const now = () => Date.now() + elapsedMs

/** The sealed session of the other tables has about this many bytes. */
const sealed = randomBytes(1400)
const stores = [await openAndFill(0), await openAndFill(1)]
const [, bytesPerSession] = stores.map(({ bytes }, index) => bytes / (counts[index] ?? 1))
const shuffle = createShuffle(seed)
/** @type {ScaleResult['ratios']} */
const ratios = { read: [], signIn: [], cleanUp: [], everywhere: [] }
let created = 0

await measureRounds('read', 500, (store, count) => store.read(getKey(Math.floor(Math.random() * count))))
await measureRounds('signIn', 200, signIn)
for (const { expire } of stores) await expire()
elapsedMs = 3 * hour
await measureRounds('cleanUp', 200, signIn)
let ended = 0
await measureRounds('everywhere', 100, (store) => store.removeByIndexName(getUser((ended += 1))))
process.send?.({ bytesPerSession, ratios })

/**
 * @param {import('@latchkey/bff').Store} store
 */
function signIn(store) {
  created += 1
  return store.insert(`new-${created}`, createRecord(`new-${created}`, lifetimeMs))
}

/**
 * Times a call of both stores in turn, a number of times in each round.
 *
 * @param {keyof ScaleResult['ratios']} name
 * @param {number} times
 * @param {(store: import('@latchkey/bff').Store, count: number) => Promise<unknown>} call
 */
async function measureRounds(name, times, call) {
  for (let round = 0; round <= rounds; round += 1) {
    const medians = [0, 0]
    for (const [index, { store }] of shuffle([...stores.entries()])) {
      const durations = []
      for (let time = 0; time < times; time += 1) {
        const start = performance.now()
        await call(store, counts[index] ?? 1)
        durations.push(performance.now() - start)
      }
      medians[index] = name === 'cleanUp' ? sum(durations) : getMedian(durations)
    }
    // The first round warms the caches.
    if (round > 0) ratios[name].push((medians[1] ?? NaN) / (medians[0] ?? NaN))
  }
}

/** @param {number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0)
}

/** @param {number} index */
function getKey(index) {
  return `key-${String(index).padStart(38, '0')}`
}

/** @param {number} index */
function getUser(index) {
  return `user-${String(index).padStart(38, '0')}`
}

/**
 * @param {string} user
 * @param {number} milliseconds
 */
function createRecord(user, milliseconds) {
  return {
    sealed: new Uint8Array(sealed),
    indexNames: [user],
    version: 1,
    expiresAt: Date.now() + milliseconds,
  }
}

/** @param {0 | 1} size */
async function openAndFill(size) {
  const path = paths[size] ?? ''
  const count = counts[size] ?? 0
  const { store, readBytes, expire } = await open(path)
  const before = await readBytes()
  if (kind === 'postgres') await store.read('any')
  await fill(store, path, 'live', count, lifetimeMs)
  const bytes = (await readBytes()) - before
  await fill(store, path, 'expired', expiredCount, 2 * hour)
  return { store, bytes, expire }
}

/**
 * @param {import('@latchkey/bff').Store} store
 * @param {string} path
 * @param {'live' | 'expired'} what
 * @param {number} count
 * @param {number} milliseconds
 */
async function fill(store, path, what, count, milliseconds) {
  if (kind === 'postgres') return fillPostgres(path, what, count, milliseconds)
  const batch = 1000
  for (let start = 0; start < count; start += batch)
    await Promise.all(
      Array.from({ length: Math.min(batch, count - start) }, (_, offset) => {
        const index = start + offset
        const user = getUser(Math.floor(index / sessionsPerUser))
        return what === 'live'
          ? store.insert(getKey(index), createRecord(user, milliseconds))
          : store.insert(`expired-${index}`, createRecord(`expired-${index}`, milliseconds))
      }),
    )
}

/**
 * In one statement, because a million take minutes otherwise.
 *
 * @param {string} path
 * @param {'live' | 'expired'} what
 * @param {number} count
 * @param {number} milliseconds
 */
async function fillPostgres(path, what, count, milliseconds) {
  const pool = new pg.Pool({ host: path, user: 'postgres', database: 'postgres' })
  const expiresAt = Date.now() + milliseconds
  const [key, user] =
    what === 'live'
      ? [`'key-' || lpad(i::text, 38, '0')`, `'user-' || lpad((i / ${sessionsPerUser})::text, 38, '0')`]
      : [`'expired-' || i`, `'expired-' || i`]
  await pool.query(
    'INSERT INTO latchkey_records (key, version, expires_at, expiry_hour, inserted_at, index_names, sealed) ' +
      `SELECT ${key}, 1, $1::float8, $2::integer, $1::float8, ARRAY[${user}], $3::bytea FROM generate_series(0, $4::integer) AS i`,
    [expiresAt, Math.floor(expiresAt / hour), sealed, count - 1],
  )
  await pool.query('VACUUM ANALYZE latchkey_records')
  await pool.end()
}

/**
 * Opens a store, with functions that measure its size and make the records of the clean-up expire.
 *
 * @param {string} path
 * @returns {Promise<{ store: import('@latchkey/bff').Store, readBytes: () => Promise<number>, expire: () => Promise<unknown> }>}
 */
async function open(path) {
  const expire = async () => {}
  if (kind === 'memory') {
    const readBytes = async () => {
      globalThis.gc?.()
      const { heapUsed, external } = process.memoryUsage()
      return heapUsed + external
    }
    return { store: memoryStore({ maxMegabytes: 8192, now }), readBytes, expire }
  }
  if (kind === 'embedded') {
    const readBytes = async () =>
      readdirSync(path).reduce((total, file) => total + statSync(join(path, file)).size, 0)
    return { store: embeddedStore({ path, now }), readBytes, expire }
  }
  const { store } = await openStore({ kind, path })
  if (kind === 'redis') {
    const client = createClient({ socket: { path, tls: false } })
    await client.connect()
    const readBytes = async () => Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1])
    return { store, readBytes, expire }
  }
  const pool = new pg.Pool({ host: path, user: 'postgres', database: 'postgres' })
  return {
    store,
    readBytes: async () =>
      Number((await pool.query('SELECT pg_database_size(current_database()) AS bytes')).rows[0].bytes),
    // The server's clock cannot be moved.
    expire: () =>
      pool.query(`UPDATE latchkey_records SET expires_at = 0, expiry_hour = 0 WHERE key LIKE 'expired-%'`),
  }
}
