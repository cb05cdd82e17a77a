import type { ChildProcess } from 'node:child_process'
import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Store, StoredRecord } from '../../src/index.ts'
import { embeddedStore } from '../../src/stores/embedded-store.ts'
import { createClock, createTestBff } from '../support/browser.ts'
import { rotating } from '../support/token-endpoint.ts'
import { describeStore } from './describe-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-'))
/** For tests that start processes or use many records, on a machine that may be busy. */
const patientMs = 120_000
const stores: Store[] = []
const processes: ChildProcess[] = []
let folderCount = 0

const createRecord = (changes: Partial<StoredRecord> = {}): StoredRecord => ({
  sealed: new Uint8Array(1500).fill(7),
  indexNames: ['cathy'],
  version: 1,
  expiresAt: 9e15,
  ...changes,
})

function createPath(): string {
  return join(folder, String((folderCount += 1)))
}

function openStore(path: string, now?: () => number): Store {
  const store = embeddedStore({ path, ...(now && { now }) })
  stores.push(store)
  return store
}

/** Starts a process that uses a folder; see store-process.mjs. */
function startProcess(act: string, path: string, ...rest: string[]): ChildProcess {
  const file = fileURLToPath(new URL('store-process.mjs', import.meta.url))
  const process = fork(file, [act, path, ...rest], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  processes.push(process)
  return process
}

/** Starts a process that takes the lock of the writers and is then stopped. */
async function stopWithLock(path: string): Promise<ChildProcess> {
  const holder = startProcess('holdLock', path)
  await once(holder.stdout ?? holder, 'data')
  holder.kill('SIGSTOP')
  return holder
}

async function kill(process: ChildProcess): Promise<void> {
  const exit = once(process, 'exit')
  process.kill('SIGKILL')
  await exit
}

async function getError(call: () => unknown): Promise<{ code?: string; message: string; hint?: string }> {
  try {
    await call()
  } catch (error) {
    return error as { message: string }
  }
  throw new Error('no error')
}

afterAll(async () => {
  for (const process of processes) process.kill('SIGKILL')
  await Promise.all(stores.map((store) => store.close()))
  rmSync(folder, { recursive: true })
})

describeStore('embeddedStore', () => {
  let time = 1_000_000
  const now = (): number => time
  const path = createPath()
  return {
    store: openStore(path, now),
    now,
    pass: async (milliseconds) => void (time += milliseconds),
    openAgain: () => openStore(path, now),
    async stall() {
      const holder = await stopWithLock(path)
      return () => kill(holder)
    },
  }
})

describe('embeddedStore', { timeout: patientMs }, () => {
  it('has its records after it is closed and opened again', async () => {
    const path = createPath()
    const closedStore = openStore(path)
    await closedStore.insert('a', createRecord({ version: 3 }))
    await closedStore.close()
    await expect(closedStore.read('a')).rejects.toMatchObject({ code: 'temporarily_unavailable' })
    expect(await openStore(path).read('a')).toMatchObject({ version: 3, expiresAt: 9e15 })
  })

  it('keeps users signed in when the BFF restarts', async () => {
    const path = createPath()
    const clock = createClock()
    const closedStore = openStore(path, clock.now)
    const first = createTestBff(rotating(), { store: closedStore }, clock)
    const { body } = await first.signIn()
    await closedStore.close()
    const second = createTestBff(rotating(), { store: openStore(path, clock.now) }, clock)
    for (const [name, value] of first.jar) second.jar.set(name, value)
    expect((await second.restore()).body).toEqual(body)
  })

  it('lets one of two processes win each version, so that no write is lost', async () => {
    const path = createPath()
    const store = openStore(path)
    await store.insert('counter', createRecord({ version: 0 }))
    const writers = [0, 1].map(() => startProcess('count', path, '100'))
    const ends = await Promise.all(writers.map((process) => once(process, 'message')))
    expect(ends.map(([message]) => message)).toEqual(['done', 'done'])
    expect(await store.read('counter')).toMatchObject({ version: 200 })
  })

  it('has every acknowledged record after its processes were killed', async () => {
    const path = createPath()
    const acknowledged: string[] = []
    for (let round = 0; round < 2; round += 1) {
      const writers = [0, 1].map(() => startProcess('write', path))
      for (const writer of writers) writer.on('message', (key: string) => acknowledged.push(key))
      const enough = acknowledged.length + 100
      await expect
        .poll(() => acknowledged.length, { interval: 5, timeout: patientMs })
        .toBeGreaterThan(enough)
      await Promise.all(writers.map(kill))
    }
    const store = openStore(path)
    const records = await Promise.all(acknowledged.map((key) => store.read(key)))
    expect(records.filter((record) => record?.version !== 2)).toEqual([])
    const listed = await Promise.all(acknowledged.map((key) => store.listByIndexName(key, 2)))
    expect(listed.filter(({ length }) => length !== 1)).toEqual([])
  })

  it('reads while another process is stopped with the lock, and names the folder when it cannot write', async () => {
    const path = createPath()
    const store = openStore(path)
    await store.insert('a', createRecord())
    const holder = await stopWithLock(path)
    const failedWrite = getError(() => store.remove('a'))
    expect(await store.read('a')).toMatchObject({ version: 1 })
    expect(await openStore(path).read('a')).toMatchObject({ version: 1 })
    const { code, message, hint } = await failedWrite
    expect({ code, message }).toEqual({
      code: 'temporarily_unavailable',
      message: 'The session store is not available',
    })
    expect(hint).toContain(path)
    expect(hint).toContain('Continue or end the process that is stopped')
    await kill(holder)
    await store.remove('a')
    expect(await store.read('a')).toBeNull()
  })

  it('serves other calls while it removes the 10,000 records of one user', async () => {
    const store = openStore(createPath())
    const inserts = Array.from({ length: 10_000 }, (_, index) => store.insert(`r${index}`, createRecord()))
    await Promise.all(inserts)
    const order: string[] = []
    const removal = store.removeByIndexName('cathy').then(() => order.push('removed'))
    for (let index = 0; index < 5; index += 1) {
      await store.read('r9999')
      await store.insert(`other-${index}`, createRecord({ indexNames: ['dora'] }))
    }
    order.push('served')
    await removal
    expect(order).toEqual(['served', 'removed'])
  })

  it('does not keep a process alive that is done', async () => {
    const process = startProcess('count', createPathWithCounter(), '1')
    const [code] = await once(process, 'exit')
    expect(code).toBe(0)
  })

  function createPathWithCounter(): string {
    const path = createPath()
    void openStore(path).insert('counter', createRecord({ version: 0 }))
    return path
  }
})

describe('embeddedStore on a bad folder', { timeout: patientMs }, () => {
  it('names a folder that is a file', async () => {
    const path = createPath()
    writeFileSync(path, 'no folder')
    const { code, message } = await getError(() => embeddedStore({ path }))
    expect(code).toBe('server_error')
    expect(message).toContain(`Opening the session store in ${path} failed`)
  })

  it('opens a folder whose file is empty', async () => {
    const path = createPath()
    mkdirSync(path)
    writeFileSync(join(path, 'sessions.sqlite'), '')
    expect(await openStore(path).insert('a', createRecord())).toBe(true)
  })

  it.each<[kind: string, write: (file: string, size: number) => unknown]>([
    ['is a text', (file) => writeFileSync(file, 'hello world'.repeat(1000))],
    ['begins with other bytes', (file) => overwrite(file, 0, 4096)],
    ['is cut to one page', (file) => truncateSync(file, 4096)],
    ['is cut in half', (file, size) => truncateSync(file, size / 2)],
    ['has lost its second half of bytes', (file, size) => overwrite(file, size / 2, size / 2)],
    ['has lost all but its first page', (file, size) => overwrite(file, 4096, size - 4096)],
  ])('ends no process when its file %s, and says to delete the folder', async (_kind, damage) => {
    const path = createFilledFolder()
    const file = join(path, 'sessions.sqlite')
    await damage(file, statSync(file).size)
    const { message, hint } = await getError(async () => {
      const store = openStore(path)
      for (let index = 0; index < 500; index += 1) await store.read(`r${index}`)
      await store.removeByIndexName('cathy')
    })
    expect(hint ?? message).toContain(
      `The files are damaged. Stop all processes that use them and delete ${path}`,
    )
  })

  it.each(['sessions.sqlite-wal', 'sessions.sqlite-shm'])(
    'opens with what is whole when %s is damaged',
    async (name) => {
      const path = createFilledFolder()
      // As a copy of a folder in use has them.
      const copy = createPath()
      const store = openStore(path)
      await store.insert('last', createRecord())
      cpSync(path, copy, { recursive: true })
      await overwrite(join(copy, name), 0, 4096)
      expect(await openStore(copy).read('r1')).toMatchObject({ version: 1 })
    },
  )

  it('says that the file is of another program', async () => {
    const path = createFilledFolder()
    await overwrite(join(path, 'sessions.sqlite'), 68, 4)
    const { message } = await getError(() => embeddedStore({ path }))
    expect(message).toContain('sessions.sqlite is the database of another program')
  })

  it.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)(
    'survives a full disk: says so, keeps what it has, and continues when there is space (needs root on Linux)',
    async () => {
      const path = createPath()
      mkdirSync(path)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', path])
      const store = embeddedStore({ path })
      try {
        let count = 0
        const { code, hint } = await getError(async () => {
          for (;;) await store.insert(`r${count++}`, createRecord())
        })
        expect({ code, hint }).toEqual({
          code: 'temporarily_unavailable',
          hint: expect.stringMatching(new RegExp(`${path} failed: .*Free space on the disk of ${path}`)),
        })
        expect(count).toBeGreaterThan(10)
        expect(await store.read('r0')).toMatchObject({ version: 1 })
        const before = await Promise.allSettled([store.insert('x', createRecord()), store.read('r1')])
        expect(before.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
        execFileSync('mount', ['-o', 'remount,size=4m', path])
        expect(await store.lease('r0', 'one', 5000)).toBe('granted')
        await store.remove('r0')
        expect(await Promise.all([store.read('r0'), store.read('r1')])).toMatchObject([null, { version: 1 }])
        expect(await store.insert('new', createRecord())).toBe(true)
        expect(await store.read('r1')).toMatchObject({ version: 1 })
      } finally {
        await store.close()
        // Other programs that look into the folder at this moment do not matter.
        execFileSync('umount', ['--lazy', path])
      }
    },
  )

  const filledPath = createPath()

  /** Creates a folder that is not in use, with 500 records. */
  beforeAll(async () => {
    const store = embeddedStore({ path: filledPath })
    await Promise.all(Array.from({ length: 500 }, (_, index) => store.insert(`r${index}`, createRecord())))
    await store.close()
  }, patientMs)

  function createFilledFolder(): string {
    const path = createPath()
    cpSync(filledPath, path, { recursive: true })
    return path
  }

  async function overwrite(file: string, position: number, length: number): Promise<void> {
    const handle = await open(file, 'r+')
    await handle.write(new Uint8Array(length).fill(0xa5), 0, length, position)
    await handle.close()
  }
})
