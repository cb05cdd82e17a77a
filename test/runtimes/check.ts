import { strictEqual } from 'node:assert/strict'
import type { ErrorResponse, SessionResponse } from '@latchkey/wire'
import type { Runtime } from './runtimes.ts'
import type { Upstream } from './upstream.ts'
import { passwordOf } from './upstream.ts'

/** A promise of the BFF that holds in every runtime, for any test runner. */
export interface Check {
  readonly name: string
  /** Throws when the promise is broken. */
  readonly run: (context: CheckContext) => Promise<void>
}

/** A server that runs in a runtime, and what stands behind it. */
export interface CheckContext {
  readonly runtime: Runtime
  readonly origin: string
  readonly upstream: Upstream
  /** The username of this check, which no other has. */
  readonly username: string
}

type Body = Partial<SessionResponse & ErrorResponse>

/** A browser on a page of the server. */
export class Page {
  cookie = ''
  readonly #context: CheckContext

  constructor(context: CheckContext) {
    this.#context = context
  }

  /** Sends a request with the headers of a page and the cookie. An empty header removes one. */
  async fetch(path: string, { headers, ...init }: RequestInit = {}): Promise<Response> {
    const all = new Headers({
      'X-Latchkey': '1',
      'Sec-Fetch-Site': 'same-origin',
      Origin: this.#context.origin,
    })
    if (this.cookie !== '') all.set('Cookie', this.cookie)
    for (const [name, value] of new Headers(headers))
      if (value === '') all.delete(name)
      else all.set(name, value)
    const response = await fetch(this.#context.origin + path, { redirect: 'manual', ...init, headers: all })
    const [pair] = response.headers.getSetCookie()[0]?.split(';') ?? []
    if (pair !== undefined) this.cookie = pair.endsWith('=') ? '' : pair
    return response
  }

  /** Sends JSON, and returns the status with the members of the response. */
  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<[number, Body]> {
    const init =
      body === undefined
        ? { headers }
        : { headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) }
    const response = await this.fetch(path, { method, ...init })
    const text = await response.text()
    return [response.status, (text === '' ? {} : JSON.parse(text)) as Body]
  }

  async signIn(password?: string): Promise<[number, Body]> {
    const { username } = this.#context
    return this.send('POST', '/auth/session', {
      credentials: { username, password: password ?? passwordOf(username) },
    })
  }
}

/** Opens a page and signs the user of the check in. */
export async function openSignedInPage(context: CheckContext): Promise<{ page: Page; body: Body }> {
  const page = new Page(context)
  const [status, body] = await page.signIn()
  strictEqual(status, 200)
  return { page, body }
}

/** Moves the clock of the BFF. */
export async function advanceClock({ origin }: CheckContext, seconds: number): Promise<void> {
  strictEqual((await fetch(`${origin}/advance?seconds=${seconds}`)).status, 200)
}

/** Waits until a condition holds that a server fulfils on its own; the test runner limits the time. */
export async function waitUntil(isFulfilled: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isFulfilled())) await new Promise((resolve) => setTimeout(resolve, 5))
}
