/** One request as the authorization server received it. */
export interface ReceivedRequest {
  method: string
  url: URL
  headers: Headers
  /** The parameters, from the body or the query. */
  parameters: URLSearchParams
  /** The body; empty without one. */
  body: string
}

/** Responds to one request. */
export type Reply = (request: ReceivedRequest) => Response | Promise<Response>

/** An authorization server in memory, which responds by script and records its requests. */
export interface TokenEndpoint {
  fetch: typeof globalThis.fetch
  requests: ReceivedRequest[]
  /** Sets the replies to the next requests, in order; the last one also replies to all later requests. */
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
      const received = { method: request.method, url, headers: request.headers, parameters, body: text }
      requests.push(received)
      const reply = replies.length > 1 ? replies.shift() : replies[0]
      if (!reply) throw new Error('The script of the token endpoint is empty')
      return reply(received)
    },
  }
}

/** Replies with JSON. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Reply {
  return () => Response.json(body, { status, headers })
}

/** Replies with any body. */
export function raw(body: string, status = 200, headers: Record<string, string> = {}): Reply {
  return () => new Response(body, { status, headers })
}

/** Makes `fetch` fail as Node's does. */
export function failWithCode(code: string): Reply {
  return () => {
    throw new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) })
  }
}

/** Makes `fetch` fail as Node's does when the cause has no code. */
export function failWithMessage(message: string): Reply {
  return () => {
    throw new TypeError('fetch failed', { cause: new Error(message) })
  }
}

/**
 * Issues tokens and rotates refresh tokens. A refresh token that is used twice revokes the whole family (RFC 9700
 * §4.14.2).
 */
export function rotating(lifetime = 900): Reply {
  let issued = 0
  let isRevoked = false
  return ({ url, parameters }) => {
    if (url.pathname === '/revoke') return new Response(null)
    const refresh = parameters.get('refresh_token')
    if (refresh !== null && refresh !== `refresh-${issued}`) isRevoked = true
    if (refresh !== null && isRevoked) return Response.json({ error: 'invalid_grant' }, { status: 400 })
    issued += 1
    return Response.json({
      access_token: `access-${issued}`,
      refresh_token: `refresh-${issued}`,
      token_type: 'Bearer',
      expires_in: lifetime,
    })
  }
}

/** Delays a reply until `release` is called. */
export function hangUntilReleased(reply: Reply): { reply: Reply; release: () => void } {
  let release = (): void => {}
  const gate = new Promise<void>((resolve) => (release = resolve))
  return {
    reply: async (request) => {
      await gate
      return reply(request)
    },
    release: () => release(),
  }
}

/** The requests that ran one grant. */
export function grantsOf(endpoint: TokenEndpoint, grant: 'password' | 'refresh_token'): ReceivedRequest[] {
  return endpoint.requests.filter(({ parameters }) => parameters.get('grant_type') === grant)
}

/** The tokens that were revoked. */
export function revokedAt(endpoint: TokenEndpoint): (string | null)[] {
  return endpoint.requests
    .filter(({ url }) => url.pathname === '/revoke')
    .map(({ parameters }) => parameters.get('token'))
}
