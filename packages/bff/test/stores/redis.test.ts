import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Store } from '../../src/index.ts'
import type { RedisClient } from '../../src/stores/redis-store.ts'
import { redisStore } from '../../src/stores/redis-store.ts'
import { createTestBff } from '../support/browser.ts'
import { rotating } from '../support/token-endpoint.ts'
import { createRecord } from '../../src/testing/tested-store.ts'
import { describeStore, waitForEngine } from './describe-store.ts'
import type { RedisServer } from './redis-server.ts'
import { findRedis, startRedis } from './redis-server.ts'

const program = findRedis()

describe.skipIf(program === null)('redisStore (needs redis-server or valkey-server)', () => {
  let server: RedisServer
  let clients: RedisClient[]
  let subscriber: Awaited<ReturnType<RedisServer['connect']>>
  let count = 0
  const createPrefix = (): string => `test-${(count += 1)}:`

  beforeAll(async () => {
    server = await startRedis(program ?? '')
    clients = await Promise.all([server.connect(), server.connect()])
    subscriber = await server.connect()
  })
  afterAll(() => server.close())

  describeStore('redisStore', () => {
    const prefix = createPrefix()
    const open = (client: RedisClient) => redisStore({ client, subscriber, prefix })
    return {
      store: open(clients[0]!),
      now: Date.now,
      pass: waitForEngine,
      openAgain: () => open(clients[1]!),
      stall: server.pause,
      stop: server.kill,
    }
  })

  it('keeps its records when the server is killed and starts again', async () => {
    const store = redisStore({ client: clients[0]!, prefix: createPrefix() })
    await store.insert('a', createRecord())
    const start = await server.kill()
    await expect(store.read('a')).rejects.toThrow(/offline|closed|reading/i)
    await start()
    await expect.poll(() => store.read('a').catch(() => null)).toMatchObject({ version: 1 })
  })

  it('forgets the index entries of records that are gone, an hour after their insert', async () => {
    const prefix = createPrefix()
    const [client] = clients
    const store = redisStore({ client: client!, prefix })
    await store.insert('new', createRecord())
    await store.insert('present', createRecord())
    // What is left when a process ends in the middle of an insert.
    await client!.sendCommand(['DEL', `${prefix}{new}`])
    await client!.sendCommand(['ZADD', `${prefix}index:{cathy}`, '1000', 'old', '1001', 'present'])
    expect(await listKeys(store, 'cathy')).toEqual(['present'])
    expect(await client!.sendCommand(['ZRANGE', `${prefix}index:{cathy}`, '0', '-1'])).toEqual([
      'present',
      'new',
    ])
  })

  it('forgets such entries of a name that nobody lists, a few with each record that gets the name', async () => {
    const prefix = createPrefix()
    const [client] = clients
    const store = redisStore({ client: client!, prefix })
    const entries = Array.from({ length: 100 }, (_, index) => [String(1000 + index), `old-${index}`])
    await client!.sendCommand(['ZADD', `${prefix}index:{ended}`, ...entries.flat()])
    await store.insert('a', createRecord())
    await store.replace('a', createRecord({ version: 2, indexNames: ['cathy', 'ended'] }), 1)
    expect(await client!.sendCommand(['ZCARD', `${prefix}index:{ended}`])).toBeLessThanOrEqual(94)
    expect(await listKeys(store, 'ended')).toEqual(['a'])
  })

  it('is cleaned by the server: no key stays when all records have expired', async () => {
    const prefix = createPrefix()
    const [client] = clients
    const store = redisStore({ client: client!, prefix })
    await store.insert('a', createRecord({ expiresAt: Date.now() + 100 }))
    await store.lease('a', 'one', 1)
    await store.release('a', 'one')
    await expect.poll(() => client!.sendCommand(['KEYS', `${prefix}*`])).toEqual([])
  })

  it('works with a server in cluster mode, which refuses scripts whose keys are in two slots', async () => {
    const cluster = await startRedis(program ?? '', ['--cluster-enabled', 'yes'])
    try {
      const client = await cluster.connect()
      await client.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', '0', '16383'])
      await expect.poll(() => client.sendCommand(['CLUSTER', 'INFO'])).toContain('cluster_state:ok')
      const store = redisStore({ client })
      await store.insert('a', createRecord({ indexNames: ['x', 'y'] }))
      await store.insert('b', createRecord({ indexNames: ['y'] }))
      await store.lease('a', 'one', 1000)
      expect(await store.replace('a', createRecord({ version: 2, indexNames: ['y', 'z'] }), 1)).toBe(true)
      await store.release('a', 'one')
      expect(await listKeys(store, 'y')).toEqual(['a', 'b'])
      await store.removeByIndexName('z')
      expect(await listKeys(store, 'y')).toEqual(['b'])
    } finally {
      await cluster.close()
    }
  })

  it('warns once of a server that removes sessions when its memory is full', async () => {
    const [client] = clients
    const openAgain = async (): Promise<string[]> => {
      const { restore, bff, log } = createTestBff(rotating(), {
        store: redisStore({ client: client!, prefix: createPrefix() }),
      })
      await restore()
      await restore()
      await bff.close()
      return log
    }
    expect(await openAgain()).not.toContainEqual(expect.stringContaining('maxmemory-policy'))
    await client!.sendCommand(['CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru'])
    try {
      const lines = (await openAgain()).filter((line) => line.includes('its maxmemory-policy is allkeys-lru'))
      expect(lines).toHaveLength(1)
    } finally {
      await client!.sendCommand(['CONFIG', 'SET', 'maxmemory-policy', 'noeviction'])
    }
  })
})

async function listKeys(store: Store, name: string): Promise<string[]> {
  return (await store.listByIndexName(name, 100)).map(({ key }) => key)
}
