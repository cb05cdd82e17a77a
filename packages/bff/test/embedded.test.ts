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
let made = 0

function make(options: { path?: string; now?: () => number } = {}): Store {
  const store = embeddedStore({ path: join(folder, String((made += 1))), ...options })
  stores.push(store)
  return store
}

afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()))
  rmSync(folder, { recursive: true })
})

describeStore('embeddedStore', (now) => make({ now }))

describe('embeddedStore', () => {
  it('still has its records when it is opened again', async () => {
    const path = join(folder, 'again')
    const before = embeddedStore({ path })
    await before.insert('a', { sealed: Uint8Array.of(7), subject: 's', version: 3, expiresAt: 9e15 })
    await before.close()
    expect(await make({ path }).read('a')).toMatchObject({ version: 3, expiresAt: 9e15 })
  })

  it('keeps a user signed in when the BFF starts again', async () => {
    const path = join(folder, 'restart')
    const clock = createClock()
    const before = embeddedStore({ path, now: clock.now })
    const first = createTestBff(rotating(), { store: before }, clock)
    const { body } = await first.signIn()
    await before.close()
    const second = createTestBff(rotating(), { store: make({ path, now: clock.now }) }, clock)
    for (const [name, value] of first.jar) second.jar.set(name, value)
    expect((await second.restore()).body).toEqual(body)
  })

  it('says which folder it cannot use', () => {
    const path = join(folder, 'file')
    writeFileSync(path, 'no folder')
    expect(() => embeddedStore({ path })).toThrow(`The session store in ${path} cannot be opened`)
  })

  it('lets one of two processes win each version, so that no count of theirs is lost', async () => {
    const path = join(folder, 'shared')
    const store = make({ path })
    await store.insert('counter', { sealed: new Uint8Array(), subject: 's', version: 0, expiresAt: 9e15 })
    const writer = fileURLToPath(new URL('support/writer.mjs', import.meta.url))
    const writers = [0, 1].map(() => fork(writer, [path, '100']))
    const ends = await Promise.all(writers.map((one) => once(one, 'message')))
    expect(ends.map(([word]) => word)).toEqual(['done', 'done'])
    expect(await store.read('counter')).toMatchObject({ version: 200 })
  }, 20_000)
})
