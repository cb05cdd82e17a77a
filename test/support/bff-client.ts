import type { Bff, BffOptions, ProviderDescription } from '@latchkey/bff'
import { createBff, memoryStore } from '@latchkey/bff'
import { csrfHeader, csrfHeaderValue, defaultBasePath } from '@latchkey/wire'

/** A request from a BFF to an authorization server, with its response. */
export interface Exchange {
  readonly url: string
  readonly headers: Headers
  /** The form in the request body; empty if there was none. */
  readonly form: URLSearchParams
  /** `null` if no response arrived. */
  readonly status: number | null
  /** Whether the response had no body, or no response arrived. */
  readonly isEmpty: boolean
  /** The members of a JSON response; empty for any other response. */
  readonly body: Readonly<Record<string, unknown>>
}

/** A browser that uses its own BFF. The test moves the BFF's clock. */
export interface BffClient {
  /** Sends a request as a page of the BFF's origin does, with the browser's cookie. */
  readonly send: (method: string, path: string, body?: unknown, process?: number) => Promise<Response>
  /** The BFF's requests to the authorization server, in order. */
  readonly exchanges: () => readonly Exchange[]
  /** Advances the BFF's clock, in seconds. Otherwise the clock stands still, so lifetimes in responses are exact. */
  readonly advanceClock: (seconds: number) => void
  /** The BFF's log, one entry per line. */
  readonly log: () => string
  /** The bodies of all responses from the BFF, one per line. */
  readonly responseBodies: () => string
  /** The values of all cookies that the BFF set. */
  readonly cookies: () => readonly string[]
  /** Waits for the BFF's background tasks, then closes it. */
  readonly close: () => Promise<void>
}

/**
 * Creates a {@link BffClient}.
 *
 * @param processes the number of BFFs that share one store; `send` uses the first unless its `process` names another
 */
export function createBffClient(
  provider: ProviderDescription,
  options: Omit<BffOptions, 'provider'> = {},
  processes = 1,
): BffClient {
  const origin = 'https://portal.test'
  const exchanges: Exchange[] = []
  const logLines: string[] = []
  const bodies: string[] = []
  const cookies: string[] = []
  const writeLog = (line: string): void => void logLines.push(line)
  let now = Date.now()

  const platform = { now: () => now, fetch: createRecordingFetch(exchanges), loggedKeys: new Set<string>() }
  const store = memoryStore(platform)
  const bffs = Array.from({ length: processes }, () =>
    createBff({
      store,
      logger: { info: writeLog, warn: writeLog, error: writeLog },
      platform,
      ...options,
      provider,
    }),
  )

  return {
    async send(method, path, body, process = 0) {
      const cookie = cookies.at(-1)
      const response = await (bffs[process] as Bff).fetch(
        new Request(`${origin}${defaultBasePath}${path}`, {
          method,
          headers: {
            [csrfHeader]: csrfHeaderValue,
            'Content-Type': 'application/json',
            'Sec-Fetch-Site': 'same-origin',
            ...(method !== 'GET' && { Origin: origin }),
            ...(cookie && { Cookie: cookie }),
          },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        }),
      )
      const set = response.headers.get('Set-Cookie')?.split(';')[0]
      if (set !== undefined) cookies.push(set.endsWith('=') ? '' : set)
      bodies.push(await response.clone().text())
      return response
    },
    exchanges: () => exchanges,
    advanceClock: (seconds) => {
      now += seconds * 1000
    },
    log: () => logLines.join('\n'),
    responseBodies: () => bodies.join('\n'),
    cookies: () => cookies.filter(Boolean).map((cookie) => cookie.slice(cookie.indexOf('=') + 1)),
    close: async () => {
      await Promise.all(bffs.map((bff) => bff.close()))
    },
  }
}

/** Creates a `fetch` that records every request with its response. */
export function createRecordingFetch(exchanges: Exchange[]): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const { url, headers } = request
    const form = new URLSearchParams(await request.clone().text())
    let response: Response | null = null
    let text = ''
    try {
      response = await fetch(request)
      text = await response.clone().text()
      return response
    } finally {
      const { status = null } = response ?? {}
      exchanges.push({ url, headers, form, status, isEmpty: text === '', body: parseJsonMembers(text) })
    }
  }
}

function parseJsonMembers(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>
  } catch {
    return {}
  }
}
