import type { RedisClient, RedisScript } from './redis-scripts.ts'
import {
  addToIndexScript,
  readHeadScript,
  readIndexScript,
  removeFromIndexScript,
  runScript,
  sampleIndexScript,
} from './redis-scripts.ts'
import type { ListedRecord } from './store.ts'
import { cleanupBatchSize } from './store.ts'

/**
 * The indexes of a Redis store. In a cluster, an index and a record are on different servers, so no script changes both:
 * an entry is written before its record and may outlive it. Entries without a record are skipped, and removed when their
 * insert must be over.
 */
export interface RedisIndex {
  /** Adds a record to the index of each name; returns the time of its insert, empty without names. */
  add(names: readonly string[], key: string, expiryMs: string, insertedAt?: string): Promise<string>
  remove(names: readonly string[], key: string, insertedAt: string): Promise<void>
  /** Lists the records of a name, oldest first. */
  listRecords(name: string, maxRecords: number): Promise<ListedRecord[]>
  /** Removes a few entries whose records are gone: nobody may ever list this name. */
  clean(names: readonly string[]): Promise<void>
  /** Lists the keys of the entries of a name. */
  listKeys(name: string): Promise<string[]>
}

/** Microseconds after which an insert that has not written its record is over. */
const maxInsertMicroseconds = 3_600_000_000
/** Few enough that their replies do not delay other calls. */
export const keysAtOnce = 200

/** An entry of an index: the key of a record, and the time of its insert in microseconds. */
interface IndexEntry {
  key: string
  insertedAt: string
}

/** @param getRecordKey returns the key of Redis for the key of a record */
export function createRedisIndex(
  client: RedisClient,
  prefix: string,
  getRecordKey: (key: string) => string,
): RedisIndex {
  const getIndexKey = (name: string): string => `${prefix}index:{${name}}`

  return {
    async add([first, ...others], key, expiryMs, knownInsertedAt = '') {
      if (first === undefined) return knownInsertedAt
      const addTo = (name: string, insertedAt: string): Promise<unknown> =>
        runScript(client, addToIndexScript, [getIndexKey(name)], [key, expiryMs, insertedAt])
      const insertedAt = String(await addTo(first, knownInsertedAt))
      await Promise.all(others.map((name) => addTo(name, insertedAt)))
      return insertedAt
    },
    remove,
    async listRecords(name, maxRecords) {
      const { now, entries } = await readEntries(readIndexScript, name)
      const listed: ListedRecord[] = []
      for (let start = 0; start < entries.length && listed.length < maxRecords; start += keysAtOnce)
        listed.push(...(await readRecords(name, now, entries.slice(start, start + keysAtOnce))))
      return listed.slice(0, maxRecords)
    },
    async clean(names) {
      for (const name of names) {
        const { now, entries } = await readEntries(sampleIndexScript, name, [String(cleanupBatchSize)])
        await readRecords(name, now, entries)
      }
    },
    listKeys: async (name) => (await readEntries(readIndexScript, name)).entries.map(({ key }) => key),
  }

  async function remove(names: readonly string[], key: string, insertedAt: string): Promise<void> {
    await Promise.all(
      names.map((name) => runScript(client, removeFromIndexScript, [getIndexKey(name)], [key, insertedAt])),
    )
  }

  async function readEntries(
    script: RedisScript,
    name: string,
    args: string[] = [],
  ): Promise<{ now: number; entries: IndexEntry[] }> {
    const reply = (await runScript(client, script, [getIndexKey(name)], args)) as string[]
    const [now, ...members] = reply.map(String)
    const keys = members.filter((_, index) => index % 2 === 0)
    return {
      now: Number(now),
      entries: keys.map((key, index) => ({ key, insertedAt: members[index * 2 + 1] ?? '' })),
    }
  }

  /** Reads the records of entries, and removes the entries of records that are gone. */
  async function readRecords(name: string, now: number, entries: IndexEntry[]): Promise<ListedRecord[]> {
    const records = await Promise.all(entries.map(({ key }) => readListedRecord(key, name)))
    const lost = entries.filter(
      ({ insertedAt }, index) =>
        records[index] === 'none' && Number(insertedAt) < now - maxInsertMicroseconds,
    )
    await Promise.all(lost.map(({ key, insertedAt }) => remove([name], key, insertedAt)))
    return records.filter((record) => typeof record === 'object')
  }

  async function readListedRecord(key: string, name: string): Promise<ListedRecord | 'none' | 'other name'> {
    const reply = await runScript(client, readHeadScript, [getRecordKey(key)])
    if (reply === null) return 'none'
    const { version, expiresAt, insertedAt, indexNames } = parseRedisHead(String(reply))
    return indexNames.includes(name)
      ? { key, version, expiresAt, insertedAt: Number(insertedAt) / 1000 }
      : 'other name'
  }
}

/** What a record says of itself before its sealed data. */
export interface RedisHead {
  version: number
  expiresAt: number
  /** When it was inserted, in microseconds since 1970. */
  insertedAt: string
  indexNames: string[]
}

/** Parses the head of a record; see redis-scripts.ts. */
export function parseRedisHead(text: string): RedisHead {
  const [, version, expiresAt, insertedAt = '', names = '[]'] = /^(\S+) (\S+) (\S+) (.*)$/.exec(text) ?? []
  return {
    version: Number(version),
    expiresAt: Number(expiresAt),
    insertedAt,
    indexNames: JSON.parse(names) as string[],
  }
}
