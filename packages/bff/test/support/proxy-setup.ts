import type { BffOptions } from '../../src/index.ts'
import { createBff } from '../../src/index.ts'
import { oauth2 } from '../../src/providers/index.ts'
import type { Browser, Clock } from './browser.ts'
import { createBrowser, createClock, createTestLogger, page } from './browser.ts'
import type { Reply, TokenEndpoint } from './token-endpoint.ts'
import { createTokenEndpoint, rotating } from './token-endpoint.ts'

/** One request that the resource server received. */
export interface Received {
  method: string
  url: string
  headers: Headers
  body: string
}

/** Handles one request at the resource server. */
export type Api = (received: Received, request: Request) => Response | Promise<Response>

/** A signed-in page with proxy routes to a scripted resource server at `api.example.com`. */
export interface ProxySetup {
  browser: Browser
  received: Received[]
  endpoint: TokenEndpoint
  log: string[]
  clock: Clock
  bff: ReturnType<typeof createBff>
  /** Sends a request as a page does: with `X-Latchkey`, the cookie and the browser's headers. An empty header removes one. */
  send: (path: string, init?: RequestInit) => Promise<Response>
  /** Sets how the resource server responds from now on. */
  respondWith: (api: Api) => void
}

export const ok: Api = () => new Response('ok')

export const provider = oauth2({
  tokenEndpoint: 'https://as.example.com/token',
  clientId: 'portal',
  clientSecret: 's3cret',
  scope: ['read'],
})

export const routes: NonNullable<BffOptions['proxy']> = [
  {
    path: '/api/items/*',
    to: 'https://api.example.com/v1/items/*',
    methods: ['GET', 'POST', 'PUT', 'DELETE'],
  },
  { path: '/api/items/special/*', to: 'https://special.example.com/s/*', methods: ['GET'] },
  { path: '/api/me', to: 'https://api.example.com/v1/me', methods: ['GET', 'PUT'] },
]

export async function createProxySetup(
  options: Partial<BffOptions> = {},
  reply: Reply = rotating(),
): Promise<ProxySetup> {
  const received: Received[] = []
  const endpoint = createTokenEndpoint(reply)
  const clock = createClock()
  const logger = createTestLogger()
  let api = ok
  const bff = createBff({
    provider,
    mode: 'proxy',
    proxy: routes,
    logger,
    platform: {
      now: clock.now,
      sleep: clock.sleep,
      startTimer: clock.startTimer,
      async fetch(input, init) {
        const request = new Request(input, init)
        if (new URL(request.url).host === 'as.example.com') return endpoint.fetch(request)
        const { method, url, headers } = request
        const receivedRequest = { method, url, headers, body: await request.clone().text() }
        received.push(receivedRequest)
        return api(receivedRequest, request)
      },
    },
    ...options,
  })
  const browser = createBrowser(bff)
  await browser.signIn()

  return {
    browser,
    received,
    endpoint,
    log: logger.lines,
    clock,
    bff,
    respondWith: (next) => {
      api = next
    },
    async send(path, { headers: extraHeaders, ...init } = {}) {
      const headers = new Headers({
        'X-Latchkey': '1',
        'Sec-Fetch-Site': 'same-origin',
        Cookie: [...browser.jar].map((pair) => pair.join('=')).join('; '),
        ...((init.method ?? 'GET') !== 'GET' && { Origin: page }),
      })
      for (const [name, value] of new Headers(extraHeaders))
        if (value === '') headers.delete(name)
        else headers.set(name, value)
      return bff.fetch(new Request(page + path, { ...init, headers }))
    },
  }
}
