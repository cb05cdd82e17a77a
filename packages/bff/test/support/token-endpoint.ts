/** One request as the authorization server received it. */
export interface ReceivedRequest {
  method: string
  url: URL
  headers: Headers
  /** The parameters, from the body or the query. */
  parameters: URLSearchParams
  /** The body as it was sent; empty without one. */
  body: string
}

/** What the authorization server does with one request. */
export type Reply = (requests: ReceivedRequest) => Response | Promise<Response>

/** An authorization server in memory: replies by script, remembers what it was asked. */
export interface TokenEndpoint {
  fetch: typeof globalThis.fetch
  requests: ReceivedRequest[]
  /** How the next requests are replied to, in order; the last reply serves on. */
  script(...replies: Reply[]): void
}

export function createTokenEndpoint(...first: Reply[]): TokenEndpoint {
  let replies = first
  const requests: ReceivedRequest[] = []
  return {
    requests,
    script: (...next) => void (replies = next),
    async fetch(input, init) {
      const request = new Request(input, init)
      const url = new URL(request.url)
      const text = await request.text()
      const parameters = new URLSearchParams(request.method === 'GET' ? url.search : text)
      const one = { method: request.method, url, headers: request.headers, parameters, body: text }
      requests.push(one)
      const reply = replies.length > 1 ? replies.shift() : replies[0]
      if (!reply) throw new Error('The script of the token endpoint is empty')
      return reply(one)
    },
  }
}

/** Replies with JSON. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Reply {
  return () => Response.json(body, { status, headers })
}

/** Replies with anything at all. */
export function raw(body: string, status = 200, headers: Record<string, string> = {}): Reply {
  return () => new Response(body, { status, headers })
}

/** A failure of `fetch` itself, as Node reports it. */
export function failWithCode(code: string): Reply {
  return () => {
    throw new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) })
  }
}

/**
 * Issues tokens and rotates refresh tokens; a refresh token that comes twice ends the whole family, as RFC 9700 §4.14.2
 * asks.
 */
export function rotating(lifetime = 900): Reply {
  let issued = 0
  let dead = false
  return ({ url, parameters }) => {
    if (url.pathname === '/revoke') return new Response(null)
    const refresh = parameters.get('refresh_token')
    if (refresh !== null && refresh !== `refresh-${issued}`) dead = true
    if (refresh !== null && dead) return Response.json({ error: 'invalid_grant' }, { status: 400 })
    issued += 1
    return Response.json({
      access_token: `access-${issued}`,
      refresh_token: `refresh-${issued}`,
      token_type: 'Bearer',
      expires_in: lifetime,
    })
  }
}

/** A reply that is held back until it is let go. */
export function hangUntilReleased(reply: Reply): { reply: Reply; release: () => void } {
  let release = (): void => {}
  const gate = new Promise<void>((resolve) => (release = resolve))
  return {
    reply: async (requests) => {
      await gate
      return reply(requests)
    },
    release: () => release(),
  }
}

/** The requests of one grant. */
export function grantsOf(endpoint: TokenEndpoint, grant: 'password' | 'refresh_token'): ReceivedRequest[] {
  return endpoint.requests.filter(({ parameters }) => parameters.get('grant_type') === grant)
}

/** The tokens that were given back. */
export function revokedAt(endpoint: TokenEndpoint): (string | null)[] {
  return endpoint.requests
    .filter(({ url }) => url.pathname === '/revoke')
    .map(({ parameters }) => parameters.get('token'))
}
