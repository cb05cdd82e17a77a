import type { Bff, BffOptions, ProviderDescription } from '@latchkey/bff'
import { createBff, memoryStore } from '@latchkey/bff'
import { csrfHeader, csrfHeaderValue, defaultBasePath } from '@latchkey/wire'

/** One request of a BFF to an authorization server, and what came back. */
export interface Exchange {
  readonly url: string
  readonly headers: Headers
  /** What the request's form held; empty where it had none. */
  readonly form: URLSearchParams
  /** `null` where no answer came. */
  readonly status: number | null
  /** Whether the answer had no body, or none came. */
  readonly empty: boolean
  /** The members of a JSON answer; none where it was something else. */
  readonly body: Readonly<Record<string, unknown>>
}

/** A browser in front of a BFF of its own, whose clock can be set forward. */
export interface BffClient {
  /** Sends what a page of the BFF's own origin sends, with the cookie that the browser holds. */
  readonly send: (method: string, path: string, body?: unknown, process?: number) => Promise<Response>
  /** What the BFF asked the authorization server, in order. */
  readonly exchanges: () => readonly Exchange[]
  /** Lets so many seconds pass for the BFF. It stands still otherwise, so that no answer differs by a second. */
  readonly wait: (seconds: number) => void
  /** What the BFF wrote to its log. */
  readonly log: () => string
  /** The bodies of all its answers, one a line. */
  readonly answered: () => string
  /** The values of the cookies that it set. */
  readonly cookies: () => readonly string[]
  /** Waits for what the BFF does in the background. */
  readonly close: () => Promise<void>
}

/**
 * Opens a {@link BffClient}.
 *
 * @param processes how many BFFs share one store; `send` goes to the first unless it is told another
 */
export function createBffClient(
  provider: ProviderDescription,
  options: Omit<BffOptions, 'provider'> = {},
  processes = 1,
): BffClient {
  const origin = 'https://portal.test'
  const exchanges: Exchange[] = []
  const lines: string[] = []
  const bodies: string[] = []
  const cookies: string[] = []
  const note = (line: string): void => void lines.push(line)
  let now = Date.now()

  const platform = { now: () => now, fetch: createRecordingFetch(exchanges), loggedKeys: new Set<string>() }
  const store = memoryStore(platform)
  const bffs = Array.from({ length: processes }, () =>
    createBff({ store, logger: { info: note, warn: note, error: note }, platform, ...options, provider }),
  )

  return {
    async send(method, path, body, process = 0) {
      const cookie = cookies.at(-1)
      const answer = await (bffs[process] as Bff).fetch(
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
      const set = answer.headers.get('Set-Cookie')?.split(';')[0]
      if (set !== undefined) cookies.push(set.endsWith('=') ? '' : set)
      bodies.push(await answer.clone().text())
      return answer
    },
    exchanges: () => exchanges,
    wait: (seconds) => {
      now += seconds * 1000
    },
    log: () => lines.join('\n'),
    answered: () => bodies.join('\n'),
    cookies: () => cookies.filter(Boolean).map((cookie) => cookie.slice(cookie.indexOf('=') + 1)),
    close: async () => {
      await Promise.all(bffs.map((bff) => bff.close()))
    },
  }
}

/** The network, with a note of every request and its answer. */
export function createRecordingFetch(exchanges: Exchange[]): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const { url, headers } = request
    const form = new URLSearchParams(await request.clone().text())
    let answer: Response | null = null
    let text = ''
    try {
      answer = await fetch(request)
      text = await answer.clone().text()
      return answer
    } finally {
      const { status = null } = answer ?? {}
      exchanges.push({ url, headers, form, status, empty: text === '', body: membersOf(text) })
    }
  }
}

function membersOf(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>
  } catch {
    return {}
  }
}
