import type { SessionResponse, ErrorResponse } from '@latchkey/wire'
import type { Bff, BffOptions, Logger, Platform } from '../../src/index.ts'
import { createBff } from '../../src/index.ts'
import { oauth2 } from '../../src/providers/index.ts'
import type { Reply, TokenEndpoint } from './token-endpoint.ts'
import { createTokenEndpoint } from './token-endpoint.ts'

export const page = 'https://portal.example.com'
export const credentials = { username: 'cathy', password: 'correct horse' }

/** A logger that keeps what it is told. */
export function createTestLogger(): Logger & { lines: string[] } {
  const lines: string[] = []
  const note = (message: string): void => void lines.push(message)
  return { lines, info: note, warn: note, error: note }
}

/** A clock that stands still until it is moved. */
export interface Clock extends Pick<Platform, 'now' | 'sleep'> {
  /** Moves time on; whoever sleeps wakes at its moment, in order. To be awaited where somebody sleeps. */
  pass: (seconds: number) => Promise<void>
}

export function createClock(start = Date.parse('2026-01-01T00:00:00Z')): Clock {
  let now = start
  let sleepers: { at: number; wake: () => void }[] = []
  return {
    now: () => now,
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { at: now + milliseconds, wake: () => resolve(undefined) }
        sleepers.push(sleeper)
        signal?.addEventListener('abort', () => {
          sleepers = sleepers.filter((one) => one !== sleeper)
          reject(new Error('awake'))
        })
      }),
    async pass(seconds) {
      const end = now + seconds * 1000
      for (;;) {
        const [next] = sleepers.filter(({ at }) => at <= end).toSorted((one, other) => one.at - other.at)
        if (!next) break
        sleepers = sleepers.filter((one) => one !== next)
        now = Math.max(now, next.at)
        next.wake()
        await flushPromises()
      }
      now = end
    },
  }
}

/** Lets everything that waits for nothing but its turn run. */
export async function flushPromises(): Promise<void> {
  for (let round = 0; round < 5; round += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** One answer as a page sees it. */
export interface Answer {
  status: number
  headers: Headers
  /** Members of a session answer or of an error answer; empty without a body. */
  body: Partial<SessionResponse & ErrorResponse>
  text: string
}

/** A browser with a cookie jar, on the page that the BFF serves. */
export interface Browser {
  jar: Map<string, string>
  ask: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
  signIn: (more?: object) => Promise<Answer>
  restore: (query?: string) => Promise<Answer>
  signOut: (query?: string) => Promise<Answer>
  token: (after: number, sessionId?: string) => Promise<Answer>
}

export function createBrowser(bff: Pick<Bff, 'fetch' | 'basePath'>, origin = page): Browser {
  const jar = new Map<string, string>()
  let sessionId = ''

  async function ask(
    method: string,
    path: string,
    body?: unknown,
    more: Record<string, string> = {},
  ): Promise<Answer> {
    const headers = new Headers({ 'X-Latchkey': '1', 'Sec-Fetch-Site': 'same-origin' })
    if (method !== 'GET') headers.set('Origin', origin)
    if (body !== undefined) headers.set('Content-Type', 'application/json')
    if (jar.size > 0) headers.set('Cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '))
    for (const [name, value] of Object.entries(more)) {
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
    const answered = await response.text()
    const parsed = (answered === '' ? {} : JSON.parse(answered)) as Answer['body']
    sessionId = parsed.session?.session_id ?? sessionId
    return { status: response.status, headers: response.headers, body: parsed, text: answered }
  }

  return {
    jar,
    ask,
    signIn: (more = {}) => ask('POST', '/session', { credentials, ...more }),
    restore: (query = '') => ask('GET', `/session${query}`),
    signOut: (query = '') => ask('DELETE', `/session${query}`),
    token: (after, id = sessionId) => ask('POST', '/token', { session_id: id, after }),
  }
}

/** A BFF before a scripted authorization server, with a page open on it. */
export function createTestBff(
  reply: Reply,
  options: Partial<BffOptions> = {},
  clock: Clock = createClock(),
): Browser & {
  bff: Bff
  endpoint: TokenEndpoint
  clock: Clock
  log: string[]
  /** Another browser on the same BFF. */
  another: () => Browser
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
    platform: { fetch: endpoint.fetch, now: clock.now, sleep: clock.sleep, ...options.platform },
  })
  return {
    ...createBrowser(bff),
    bff,
    endpoint,
    clock,
    log: logger.lines,
    another: () => createBrowser(bff),
  }
}
