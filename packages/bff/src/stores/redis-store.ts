/**
 * Stores sessions in Redis 6.2 or later, Valkey, or another server that runs their scripts. Many machines share them.
 *
 * @module
 */
import { createChangeWaits } from './change-waits.ts'
import { createRedisIndex, keysAtOnce, parseRedisHead } from './redis-index.ts'
import type { RedisClient, RedisReply, RedisScript } from './redis-scripts.ts'
import {
  insertScript,
  isUnchangedScript,
  leaseScript,
  memoryInfoScript,
  releaseScript,
  removeScript,
  replaceScript,
  runScript,
} from './redis-scripts.ts'
import type { LeaseResult, Store, StoredRecord } from './store.ts'

export type { RedisClient } from './redis-scripts.ts'

/** A connection of its own for messages, for example of `@redis/client`. */
export interface RedisSubscriber {
  /** Calls the listener with each message of a channel, also after the connection was lost and made again. */
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>
}

/** The options of {@link redisStore}. */
export interface RedisStoreOptions {
  /** A connected client that you close. Commands go to the primary: a replica may not have the newest refresh token. */
  client: RedisClient
  /**
   * Wakes processes that wait for the refresh of another one. Without it they ask every 50 milliseconds while that
   * refresh runs.
   */
  subscriber?: RedisSubscriber
  /** What every key begins with; `latchkey:` when absent. */
  prefix?: string
}

/** How long a lease that was not released is known after it expired. */
const expiredLeaseMs = 86_400_000
const leaseResults: readonly LeaseResult[] = [false, 'granted', 'taken_over']

/**
 * Creates the store. Every change is one script. Keys of one script have one hash tag, so that it works in a cluster.
 *
 * @example
 *   const client = createClient({ url: process.env.REDIS_URL, disableOfflineQueue: true })
 *   client.on('error', () => {}) // it connects again by itself
 *   await client.connect()
 *   const store = redisStore({ client })
 */
export function redisStore({ client, subscriber, prefix = 'latchkey:' }: RedisStoreOptions): Store {
  const getRecordKey = (key: string): string => `${prefix}{${key}}`
  const getLeaseKey = (key: string): string => `${prefix}{${key}}:lease`
  const channel = `${prefix}changes`
  const index = createRedisIndex(client, prefix, getRecordKey)
  const waits = createChangeWaits({
    isUnchanged: async (key, version) => (await runOn(isUnchangedScript, key, [String(version)])) === 1,
    subscribe: async () => subscriber?.subscribe(channel, (message) => waits.wake(message)),
  })

  return {
    async read(key) {
      const reply = (await client.sendCommand(['GET', getRecordKey(key)])) as string | null
      return reply === null ? null : parseRecord(reply)
    },
    async insert(key, record) {
      const [head, expiryMs, names, sealed] = formatRecord(record)
      const insertedAt = await index.add(record.indexNames, key, expiryMs)
      const args = [head, expiryMs, insertedAt, names, sealed]
      return (await runScript(client, insertScript, [getRecordKey(key)], args)) === 1
    },
    async replace(key, record, ifVersion) {
      const [head, expiryMs, names, sealed] = formatRecord(record)
      const run = (isIndexed: string): Promise<RedisReply> => {
        const args = [String(ifVersion), head, expiryMs, names, sealed, isIndexed, channel, key]
        return runOn(replaceScript, key, args)
      }
      const reply = await run('')
      if (typeof reply === 'number') return reply === 1
      await index.add(record.indexNames, key, expiryMs, String(reply))
      await index.clean(record.indexNames)
      return (await run('1')) === 1
    },
    remove: (key) => remove(key, ''),
    listByIndexName: (name, maxRecords) => index.listRecords(name, maxRecords),
    async removeByIndexName(name) {
      const keys = await index.listKeys(name)
      for (let start = 0; start < keys.length; start += keysAtOnce)
        await Promise.all(keys.slice(start, start + keysAtOnce).map((key) => remove(key, name)))
    },
    async lease(key, owner, milliseconds) {
      const args = [owner, String(milliseconds), String(expiredLeaseMs)]
      const reply = await runScript(client, leaseScript, [getLeaseKey(key)], args)
      return leaseResults[Number(reply)] ?? false
    },
    async release(key, owner) {
      await runScript(client, releaseScript, [getLeaseKey(key)], [owner, channel, key])
    },
    ...(subscriber && { waitForChange: (key, version, signal) => waits.wait(key, version, signal) }),
    async listWarnings() {
      const info = String(await runScript(client, memoryInfoScript, [getRecordKey('any')]))
      const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'noeviction'
      return policy === 'noeviction'
        ? []
        : [
            `Redis removes sessions when its memory is full, which signs users out: its maxmemory-policy is ${policy}. ` +
              'Set it to noeviction, and use a server for the sessions alone.',
          ]
    },
    close: async () => waits.close(),
  }

  function runOn(script: RedisScript, key: string, args: string[]): Promise<RedisReply> {
    return runScript(client, script, [getRecordKey(key), getLeaseKey(key)], args)
  }

  /** @param name the index name that the record must have; may be empty */
  async function remove(key: string, name: string): Promise<void> {
    const reply = await runOn(removeScript, key, [channel, key, name])
    if (reply === null) return
    const { insertedAt, indexNames } = parseRedisHead(`0 0 ${String(reply)}`)
    await index.remove(indexNames, key, insertedAt)
  }
}

/** Returns the parts of a record as the scripts expect them. */
function formatRecord({
  version,
  expiresAt,
  indexNames,
  sealed,
}: StoredRecord): [string, string, string, string] {
  const expiryMs = Math.max(1, Math.ceil(Math.min(expiresAt, Number.MAX_SAFE_INTEGER)))
  return [
    `${version} ${expiresAt}`,
    String(expiryMs),
    JSON.stringify(indexNames),
    Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength).toString('base64'),
  ]
}

function parseRecord(text: string): StoredRecord {
  const headLength = text.indexOf('\n')
  const { version, expiresAt, indexNames } = parseRedisHead(text.slice(0, headLength))
  const sealed = new Uint8Array(Buffer.from(text.slice(headLength + 1), 'base64'))
  return { sealed, indexNames, version, expiresAt }
}
