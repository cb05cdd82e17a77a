import { describe, expect, it } from 'vitest'
import type { BffOptions, Store } from '../src/index.ts'
import { memoryStore } from '../src/index.ts'
import { oauth2 } from '../src/providers/index.ts'
import { credentials, flushPromises } from './support/browser.ts'
import type { ProxySetup } from './support/proxy-setup.ts'
import { createProxySetup } from './support/proxy-setup.ts'
import { grantsOf } from './support/token-endpoint.ts'

/** A store that several processes share. It counts its reads, and can fail. */
function createSharedStore(): Store & { reads: number; isDown: boolean } {
  const records = memoryStore({ now: () => Date.parse('2026-01-01T00:00:00Z') })
  const store = {
    ...records,
    reads: 0,
    isDown: false,
    async read(key: string) {
      store.reads += 1
      if (store.isDown) throw new Error('down')
      return records.read(key)
    },
  }
  return store
}

/** One stream, at both of its ends. */
interface Stream {
  status: number
  /** What the page got, and whether the response is open, complete or cut. */
  read: () => Promise<string>
  /** Sends a part, and with `isLast` ends the response. */
  write: (text: string, isLast?: boolean) => void
  isOpenAtApi: () => boolean
}

const machineProvider = {
  tokenEndpoint: 'https://as.example.com/token',
  clientId: 'portal',
  clientSecret: 's3cret',
}

async function openStream(
  setup: ProxySetup,
  cookie: string,
  type = 'text/event-stream',
  headers: Record<string, string> = {},
): Promise<Stream> {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  let isOpen = true
  const body = new ReadableStream<Uint8Array>({
    start: (source) => void (controller = source),
    cancel: () => void (isOpen = false),
  })
  setup.respondWith(() => new Response(body, { headers: { 'Content-Type': type } }))
  const response = await setup.send('/api/me', { headers: { Cookie: cookie, ...headers } })
  let text = ''
  let state = 'open'
  void (async () => {
    const decoder = new TextDecoder()
    try {
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>)
        text += decoder.decode(chunk)
      state = 'complete'
    } catch {
      state = 'cut'
    }
  })()
  return {
    status: response.status,
    async read() {
      await flushPromises()
      return `${text} ${state}`
    },
    write(part, isLast = false) {
      controller?.enqueue(new TextEncoder().encode(part))
      if (isLast) controller?.close()
    },
    isOpenAtApi: () => isOpen,
  }
}

/** Two processes on one store, and a session of `first`. */
async function startProcesses(options: Partial<BffOptions> = {}) {
  const store = createSharedStore()
  const first = await createProxySetup({ store, ...options })
  const second = await createProxySetup({ store, ...options })
  const cookie = [...first.browser.jar].map((pair) => pair.join('=')).join('; ')
  /** The page of the session, by another process. */
  const sendToSecond = (method: string, path: string, body?: object) =>
    second.browser.sendRequest(method, path, body, { Cookie: cookie })
  return { store, first, second, cookie, sendToSecond }
}

/** The ways in which users end a session. */
const ends: [name: string, method: string, path: string, body?: object][] = [
  ['a sign-out', 'DELETE', '/session'],
  ['a sign-out everywhere', 'DELETE', '/session?everywhere'],
  ['another sign-in', 'POST', '/session', { credentials }],
]

describe.each(['text/event-stream', 'application/zip'])('a stream of the type %s', (type) => {
  it.each(ends)('is cut at once by %s in its process, at both ends', async (_, method, path, body) => {
    const { first, cookie } = await startProcesses()
    const stream = await openStream(first, cookie, type)
    stream.write('1')
    expect(await stream.read()).toBe('1 open')
    await first.browser.sendRequest(method, path, body)
    expect([await stream.read(), stream.isOpenAtApi()]).toEqual(['1 cut', false])
    expect(first.log.filter((line) => line.includes('ended early'))).toEqual([])
  })

  it.each(ends)('is cut within a second by %s in another process', async (_, method, path, body) => {
    const { first, cookie, sendToSecond } = await startProcesses()
    const stream = await openStream(first, cookie, type)
    await first.clock.pass(100)
    stream.write('1')
    expect(await stream.read()).toBe('1 open')
    await sendToSecond(method, path, body)
    await flushPromises()
    expect(await stream.read()).toBe('1 open')
    await first.clock.pass(0.9)
    expect([await stream.read(), stream.isOpenAtApi()]).toEqual(['1 cut', false])
  })

  it('is cut by a sign-out everywhere in another browser', async () => {
    const { first, second, cookie } = await startProcesses()
    const stream = await openStream(first, cookie, type)
    await second.browser.signOut('?everywhere')
    await first.clock.pass(0.9)
    expect(await stream.read()).toBe(' cut')
  })

  it('continues when another browser of the user signs out', async () => {
    const { first, second, cookie } = await startProcesses()
    const stream = await openStream(first, cookie, type)
    await second.browser.signOut()
    await first.clock.pass(10)
    stream.write('1', true)
    expect(await stream.read()).toBe('1 complete')
  })

  it('continues when its token expires and is refreshed', async () => {
    const { first, cookie } = await startProcesses()
    const stream = await openStream(first, cookie, type)
    await first.clock.pass(1000)
    await first.browser.token(1)
    expect(grantsOf(first.endpoint, 'refresh_token')).toHaveLength(1)
    await first.clock.pass(2)
    stream.write('1', true)
    expect(await stream.read()).toBe('1 complete')
  })

  it('does not count as use of its session, and ends with it', async () => {
    const { first, cookie } = await startProcesses({ session: { idle: 600, absolute: 3600 } })
    const stream = await openStream(first, cookie, type)
    await first.clock.pass(599)
    expect(await stream.read()).toBe(' open')
    await first.clock.pass(2)
    expect(await stream.read()).toBe(' cut')
  })

  it('continues while the store fails, and ends after that', async () => {
    const { first, cookie, store, sendToSecond } = await startProcesses()
    const stream = await openStream(first, cookie, type)
    await sendToSecond('DELETE', '/session')
    store.isDown = true
    await first.clock.pass(60)
    stream.write('1')
    expect(await stream.read()).toBe('1 open')
    store.isDown = false
    await first.clock.pass(0.9)
    expect(await stream.read()).toBe('1 cut')
  })
})

describe('a check', () => {
  it('asks authorize for streams of callers that share a machine token', async () => {
    const names = new Map([['1', 'ada']])
    const first = await createProxySetup({
      provider: oauth2({ ...machineProvider, grant: 'client_credentials' }),
      authorize: ({ headers }) => {
        const name = names.get(headers.get('X-Caller') ?? '')
        return name === undefined ? null : { subject: name }
      },
    })
    const stream = await openStream(first, '', 'text/event-stream', { 'X-Caller': '1' })
    await first.clock.pass(60)
    expect(await stream.read()).toBe(' open')
    names.set('1', 'bob')
    await first.clock.pass(0.8)
    expect([await stream.read(), stream.isOpenAtApi()]).toEqual([' cut', false])
  })
})

describe('the store', () => {
  it('is read every 0.8 seconds for all streams of a session, and not any more when they have ended', async () => {
    const { first, cookie, store } = await startProcesses()
    const streams = await Promise.all(Array.from({ length: 20 }, () => openStream(first, cookie)))
    const readsBefore = store.reads
    await first.clock.pass(8)
    expect(store.reads - readsBefore).toBe(10)
    for (const stream of streams) stream.write('', true)
    await flushPromises()
    await first.clock.pass(60)
    expect(store.reads - readsBefore).toBe(10)
  })

  it('is not read for responses that end within 0.8 seconds, one after the other', async () => {
    const { first, cookie, store } = await startProcesses()
    const readsBefore = store.reads
    for (let request = 0; request < 10; request += 1) {
      const stream = await openStream(first, cookie, 'application/json')
      await first.clock.pass(0.5)
      stream.write('{}', true)
      expect(await stream.read()).toBe('{} complete')
    }
    expect(store.reads - readsBefore).toBe(10)
  })

  it('has one check under way for a session when it responds slowly', async () => {
    const { first, cookie, store } = await startProcesses()
    await openStream(first, cookie)
    let underWay = 0
    let maxUnderWay = 0
    store.read = async () => {
      underWay += 1
      maxUnderWay = Math.max(underWay, maxUnderWay)
      await first.clock.sleep(3000)
      underWay -= 1
      throw new Error('down')
    }
    await first.clock.pass(60)
    expect(maxUnderWay).toBe(1)
  })
})

describe('a request that waits for its response', () => {
  it('is aborted when its session ends, and gets login_required', async () => {
    const { first, cookie, sendToSecond } = await startProcesses()
    let signal: AbortSignal | undefined
    first.respondWith((_, request) => {
      signal = request.signal
      return new Promise(() => {})
    })
    const waiting = first.send('/api/me', { headers: { Cookie: cookie } })
    await flushPromises()
    await sendToSecond('DELETE', '/session')
    await first.clock.pass(0.9)
    const response = await waiting
    expect([response.status, await response.json(), signal?.aborted]).toEqual([
      401,
      expect.objectContaining({ error: 'login_required', reason: 'no_session' }),
      true,
    ])
  })
})

describe('close', () => {
  it('cuts event streams at once, so that pages open them at another process', async () => {
    const { first, cookie } = await startProcesses()
    const stream = await openStream(first, cookie)
    await first.bff.close()
    expect(await stream.read()).toBe(' cut')
    const late = await openStream(first, cookie)
    expect(await late.read()).toBe(' cut')
  })

  it('waits for downloads, and cuts those that take longer than the option timeout', async () => {
    const { first, cookie } = await startProcesses({ timeout: 5 })
    const [short, long] = [
      await openStream(first, cookie, 'application/zip'),
      await openStream(first, cookie, 'application/zip'),
    ]
    let isClosed = false
    const closed = Promise.all([first.bff.close(), first.bff.close()]).then(() => (isClosed = true))
    short.write('1', true)
    long.write('1')
    await first.clock.pass(4.9)
    expect([await short.read(), await long.read(), isClosed]).toEqual(['1 complete', '1 open', false])
    await first.clock.pass(0.2)
    await closed
    expect(await long.read()).toBe('1 cut')
  })
})
