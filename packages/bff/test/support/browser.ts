import type { SessionResponse, ErrorResponse } from '@latchkey/wire'
import type { Bff, BffOptions, Logger, Platform } from '../../src/index.ts'
import { createBff } from '../../src/index.ts'
import { oauth2 } from '../../src/providers/index.ts'
import type { Reply, TokenEndpoint } from './token-endpoint.ts'
import { createTokenEndpoint } from './token-endpoint.ts'

export const page = 'https://portal.example.com'
export const credentials = { username: 'cathy', password: 'correct horse' }

/** A logger that records its lines. */
export function createTestLogger(): Logger & { lines: string[] } {
  const lines: string[] = []
  const record = (message: string): void => void lines.push(message)
  return { lines, info: record, warn: record, error: record }
}

/** A clock that stands still until a test advances it. */
export interface Clock extends Pick<Platform, 'now' | 'monotonicNow' | 'sleep' | 'startTimer'> {
  /** Advances time by seconds and wakes sleepers in order. Await it when something sleeps. */
  pass: (seconds: number) => Promise<void>
  /** Sets the clock forward or, with negative seconds, back. No time passes. */
  set: (seconds: number) => void
  /** Lets seconds pass during which the process is stopped: what was due is late when time goes on. */
  stop: (seconds: number) => void
}

export function createClock(start = Date.parse('2026-01-01T00:00:00Z')): Clock {
  let monotonicMs = 0
  let startMs = start
  let sleepers: { at: number; wake: () => void }[] = []

  function addSleeper(milliseconds: number, wake: () => void): () => void {
    const sleeper = { at: monotonicMs + milliseconds, wake }
    sleepers.push(sleeper)
    return () => void (sleepers = sleepers.filter((other) => other !== sleeper))
  }

  return {
    now: () => startMs + monotonicMs,
    monotonicNow: () => monotonicMs,
    startTimer: addSleeper,
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(new Error('aborted'))
        const cancel = addSleeper(milliseconds, () => {
          signal?.removeEventListener('abort', abort)
          resolve(undefined)
        })
        const abort = (): void => {
          cancel()
          reject(new Error('aborted'))
        }
        signal?.addEventListener('abort', abort, { once: true })
      }),
    set: (seconds) => void (startMs += seconds * 1000),
    stop: (seconds) => void (monotonicMs += seconds * 1000),
    async pass(seconds) {
      const end = monotonicMs + seconds * 1000
      for (;;) {
        const [next] = sleepers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)
        if (!next) break
        sleepers = sleepers.filter((sleeper) => sleeper !== next)
        monotonicMs = Math.max(monotonicMs, next.at)
        next.wake()
        await flushPromises()
      }
      monotonicMs = end
    },
  }
}

/** Runs pending promise callbacks. */
export async function flushPromises(): Promise<void> {
  for (let round = 0; round < 5; round += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** One response as a page sees it. */
export interface BrowserResponse {
  status: number
  headers: Headers
  /** The members of a session response or an error response; empty without a body. */
  body: Partial<SessionResponse & ErrorResponse>
  text: string
}

/** A browser with a cookie jar, on a page of the BFF's origin. */
export interface Browser {
  jar: Map<string, string>
  /** Sends a request below the base path, with the headers of a page. An empty header removes one. */
  sendRequest: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<BrowserResponse>
  signIn: (body?: object) => Promise<BrowserResponse>
  restore: (query?: string) => Promise<BrowserResponse>
  signOut: (query?: string) => Promise<BrowserResponse>
  token: (after: number, sessionId?: string) => Promise<BrowserResponse>
}

export function createBrowser(bff: Pick<Bff, 'fetch' | 'basePath'>, origin = page): Browser {
  const jar = new Map<string, string>()
  let sessionId = ''

  async function sendRequest(
    method: string,
    path: string,
    body?: unknown,
    extraHeaders: Record<string, string> = {},
  ): Promise<BrowserResponse> {
    const headers = new Headers({ 'X-Latchkey': '1', 'Sec-Fetch-Site': 'same-origin' })
    if (method !== 'GET') headers.set('Origin', origin)
    if (body !== undefined) headers.set('Content-Type', 'application/json')
    if (jar.size > 0) headers.set('Cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '))
    for (const [name, value] of Object.entries(extraHeaders)) {
      if (value === '') headers.delete(name)
      else headers.set(name, value)
    }
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const response = await bff.fetch(
      new Request(`${origin}${bff.basePath}${path}`, {
        method,
        headers,
        ...(body !== undefined && { body: text }),
      }),
    )
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
    const responseText = await response.text()
    const parsed = (responseText === '' ? {} : JSON.parse(responseText)) as BrowserResponse['body']
    sessionId = parsed.session?.session_id ?? sessionId
    return { status: response.status, headers: response.headers, body: parsed, text: responseText }
  }

  return {
    jar,
    sendRequest,
    signIn: (body = {}) => sendRequest('POST', '/session', { credentials, ...body }),
    restore: (query = '') => sendRequest('GET', `/session${query}`),
    signOut: (query = '') => sendRequest('DELETE', `/session${query}`),
    token: (after, id = sessionId) => sendRequest('POST', '/token', { session_id: id, after }),
  }
}

/** A BFF of another process, on the same store and authorization server, with the same browser on its page. */
export function createSecondBff(
  first: ReturnType<typeof createTestBff>,
  options: Partial<BffOptions>,
  clock: Clock = first.clock,
): ReturnType<typeof createTestBff> {
  const platform = { fetch: first.endpoint.fetch, ...options.platform }
  const second = createTestBff(() => Response.error(), { ...options, platform }, clock)
  for (const [name, value] of first.jar) second.jar.set(name, value)
  return second
}

/** A BFF with a scripted authorization server, and a browser on its page. */
export function createTestBff(
  reply: Reply,
  options: Partial<BffOptions> = {},
  clock: Clock = createClock(),
): Browser & {
  bff: Bff
  endpoint: TokenEndpoint
  clock: Clock
  log: string[]
  /** Opens another browser on the same BFF. */
  openBrowser: () => Browser
} {
  const endpoint = createTokenEndpoint(reply)
  const logger = createTestLogger()
  const bff = createBff({
    provider: oauth2({
      tokenEndpoint: 'https://as.example.com/token',
      revocationEndpoint: 'https://as.example.com/revoke',
      clientId: 'portal',
      clientSecret: 's3cret',
      scope: ['read'],
      allowedScope: ['read', 'write'],
    }),
    logger,
    ...options,
    platform: {
      fetch: endpoint.fetch,
      now: clock.now,
      monotonicNow: clock.monotonicNow,
      sleep: clock.sleep,
      startTimer: clock.startTimer,
      loggedKeys: new Set(),
      ...options.platform,
    },
  })
  return {
    ...createBrowser(bff),
    bff,
    endpoint,
    clock,
    log: logger.lines,
    openBrowser: () => createBrowser(bff),
  }
}
