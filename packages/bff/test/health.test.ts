import { describe, expect, it } from 'vitest'
import type { Store } from '../src/index.ts'
import { memoryStore } from '../src/index.ts'
import { createTestBff } from './support/browser.ts'
import { json, rotating } from './support/token-endpoint.ts'

/** As monitoring sends it: without the header of a page. */
const plain = { 'X-Latchkey': '', 'Sec-Fetch-Site': '' }

function createSetup(options: Parameters<typeof createTestBff>[1] = {}) {
  const setup = createTestBff(rotating(), options)
  const ask = async (name: 'live' | 'ready') => {
    const { status, body } = await setup.sendRequest('GET', `/health/${name}`, undefined, plain)
    return [status, (body as { status?: string }).status]
  }
  return { ...setup, ask }
}

describe('GET health/live', () => {
  it('responds without a header, also when the store is away', async () => {
    const { ask } = createSetup({ store: createBrokenStore('read') })
    expect(await ask('live')).toEqual([200, 'live'])
  })
})

describe('a secret that cannot be read', () => {
  it('leaves the process live, and not ready', async () => {
    const { ask } = createSetup({ secret: () => Promise.reject(new Error('the vault is sealed')) })
    expect(await ask('live')).toEqual([200, 'live'])
    expect((await ask('ready'))[0]).toBe(503)
  })
})

describe('GET health/ready', () => {
  it('writes and reads the store, and leaves nothing there', async () => {
    const calls: string[] = []
    const store = memoryStore()
    const counted: Store = {
      ...store,
      insert: (...args) => (calls.push('insert'), store.insert(...args)),
      read: (...args) => (calls.push('read'), store.read(...args)),
      remove: (...args) => (calls.push('remove'), store.remove(...args)),
    }
    const { ask } = createSetup({ store: counted })
    expect(await ask('ready')).toEqual([200, 'ready'])
    expect(calls).toEqual(['insert', 'read', 'remove'])
  })

  it.each(['insert', 'read', 'remove'] as const)('is 503 when the store fails to %s', async (method) => {
    const { ask, log } = createSetup({ store: createBrokenStore(method) })
    expect(await ask('ready')).toEqual([503, 'store_unavailable'])
    expect(log.join()).toContain('Not ready: ')
  })

  it('is 503 when what was written is not there', async () => {
    const { ask } = createSetup({ store: { ...memoryStore(), read: () => Promise.resolve(null) } })
    expect(await ask('ready')).toEqual([503, 'store_unavailable'])
  })

  it('asks the store once a second, however often it is asked, and notices a change then', async () => {
    let inserts = 0
    let isBroken = false
    const store = memoryStore()
    const insert: Store['insert'] = async (...args) => {
      inserts += 1
      if (isBroken) throw new Error('away')
      return store.insert(...args)
    }
    const { ask, clock } = createSetup({ store: { ...store, insert } })
    await Promise.all(Array.from({ length: 50 }, () => ask('ready')))
    expect(inserts).toBe(1)
    isBroken = true
    await clock.pass(1)
    expect(await ask('ready')).toEqual([503, 'store_unavailable'])
    expect(inserts).toBe(2)
  })

  it('is degraded, still with 200, while the authorization server fails', async () => {
    const { ask, signIn, endpoint } = createSetup()
    endpoint.script(json({}, 503), rotating())
    await signIn()
    expect(await ask('ready')).toEqual([200, 'degraded'])
    await signIn()
    expect(await ask('ready')).toEqual([200, 'ready'])
  })

  it('is 503 after close()', async () => {
    const { ask, bff } = createSetup()
    await bff.close()
    expect(await ask('ready')).toEqual([503, 'closing'])
    expect(await ask('live')).toEqual([200, 'live'])
  })

  it('says nothing of methods other than GET and HEAD', async () => {
    const { sendRequest } = createSetup()
    expect((await sendRequest('POST', '/health/ready', {}, plain)).status).toBe(405)
  })
})

function createBrokenStore(method: 'insert' | 'read' | 'remove'): Store {
  return { ...memoryStore(), [method]: () => Promise.reject(new Error('away')) }
}
