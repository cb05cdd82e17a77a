import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { embeddedStore } from '../src/stores/embedded-store.ts'
import type { Store } from '../src/index.ts'
import { createClock, createTestBff } from './support/browser.ts'
import { rotating } from './support/token-endpoint.ts'
import { describeStore } from './store.contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-'))
const stores: Store[] = []
let storeCount = 0

function createStore(options: { path?: string; now?: () => number } = {}): Store {
  const store = embeddedStore({ path: join(folder, String((storeCount += 1))), ...options })
  stores.push(store)
  return store
}

afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()))
  rmSync(folder, { recursive: true })
})

describeStore('embeddedStore', (now) => createStore({ now }))

describe('embeddedStore', () => {
  it('has its records after it is closed and opened again', async () => {
    const path = join(folder, 'reopened')
    const closedStore = embeddedStore({ path })
    await closedStore.insert('a', { sealed: Uint8Array.of(7), subject: 's', version: 3, expiresAt: 9e15 })
    await closedStore.close()
    expect(await createStore({ path }).read('a')).toMatchObject({ version: 3, expiresAt: 9e15 })
  })

  it('keeps users signed in when the BFF restarts', async () => {
    const path = join(folder, 'restart')
    const clock = createClock()
    const closedStore = embeddedStore({ path, now: clock.now })
    const first = createTestBff(rotating(), { store: closedStore }, clock)
    const { body } = await first.signIn()
    await closedStore.close()
    const second = createTestBff(rotating(), { store: createStore({ path, now: clock.now }) }, clock)
    for (const [name, value] of first.jar) second.jar.set(name, value)
    expect((await second.restore()).body).toEqual(body)
  })

  it('names the folder that it cannot open', () => {
    const path = join(folder, 'file')
    writeFileSync(path, 'no folder')
    expect(() => embeddedStore({ path })).toThrow(`Opening the session store in ${path} failed`)
  })

  it('lets one of two processes win each version, so that no write is lost', async () => {
    const path = join(folder, 'shared')
    const store = createStore({ path })
    await store.insert('counter', { sealed: new Uint8Array(), subject: 's', version: 0, expiresAt: 9e15 })
    const writer = fileURLToPath(new URL('support/writer.mjs', import.meta.url))
    const writers = [0, 1].map(() => fork(writer, [path, '100']))
    const ends = await Promise.all(writers.map((process) => once(process, 'message')))
    expect(ends.map(([message]) => message)).toEqual(['done', 'done'])
    expect(await store.read('counter')).toMatchObject({ version: 200 })
  }, 20_000)
})
