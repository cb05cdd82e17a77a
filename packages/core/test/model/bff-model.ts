import type { LoginRequiredReason, SessionResponse, SignInRequest, TokenRequest } from '@latchkey/wire'

export interface ModelRequest {
  readonly method: string
  /** The path and the query. */
  readonly path: string
  readonly body: string | undefined
  readonly authorization: string | undefined
  /** The session that the cookie identifies; empty without a cookie. */
  readonly cookie: string
}

export interface ModelResponse {
  readonly status: number
  readonly body?: unknown
  readonly retryAfter?: number
  /** The new value of the cookie, which is the id of its session; empty when the cookie is removed. */
  readonly setCookie?: string
}

interface ModelSession {
  readonly id: string
  readonly username: string
  sequence: number
  expiresAt: number
  isRevoked: boolean
}

/** What the BFF does with requests: it responds, fails, throttles, or its authorization server is down. */
export type BffCondition =
  | 'well'
  | 'failing'
  | 'throttling'
  | 'without grants'
  | 'issuing expired tokens'
  | 'restarting'

/** A BFF and its API, which implement the rules of docs/protocol.md in memory. */
export interface BffModel {
  /** Returns `null` when the connection is refused. */
  readonly handle: (request: ModelRequest) => ModelResponse | null
  condition: BffCondition
  retryAfter: number
  readonly startSession: (username: string) => string
  readonly endSessions: (reason: LoginRequiredReason, username?: string) => void
  readonly revokeTokens: () => void
  /** Issues a newer token for every session, as another browser program with the same cookie causes it. */
  readonly rotateTokens: () => void
  readonly isAlive: (sessionId: string) => boolean
  /** Returns when a token expires, in real time. */
  readonly getExpiry: (token: string) => number
}

export function createBffModel(
  realNow: () => number,
  mode: 'token' | 'proxy',
  lifetimeSeconds: number,
): BffModel {
  const sessions = new Map<string, ModelSession>()
  const expiries = new Map<string, number>()
  let sessionCount = 0
  let endReason: LoginRequiredReason = 'no_session'

  const issueToken = (session: ModelSession): void => {
    session.sequence += 1
    session.expiresAt =
      realNow() + (model.condition === 'issuing expired tokens' ? 0 : lifetimeSeconds * 1000)
    session.isRevoked = false
    expiries.set(`${session.id}.${session.sequence}`, session.expiresAt)
  }
  const startSession = (username: string): string => {
    sessionCount += 1
    const session = { id: `s${sessionCount}`, username, sequence: 0, expiresAt: 0, isRevoked: false }
    sessions.set(session.id, session)
    issueToken(session)
    return session.id
  }
  const describe = (session: ModelSession | undefined): SessionResponse => ({
    session: session
      ? {
          session_id: session.id,
          subject: `subject-${session.username}`,
          user: { username: session.username },
          scope: ['read'],
          expires_in: 28_800,
        }
      : null,
    ...(session &&
      mode === 'token' &&
      session.expiresAt > realNow() && {
        token: {
          access_token: `${session.id}.${session.sequence}`,
          token_type: 'Bearer',
          expires_in: Math.floor((session.expiresAt - realNow()) / 1000),
          sequence: session.sequence,
        },
      }),
    mode,
    sign_in: {},
  })
  const refuse = (status: number, error: string, details: object = {}): ModelResponse => ({
    status,
    body: { error, ...details },
  })
  const outage = (): ModelResponse => refuse(503, 'temporarily_unavailable')

  const restore = (session: ModelSession | undefined): ModelResponse => {
    if (session && session.expiresAt <= realNow() && model.condition !== 'without grants') issueToken(session)
    return { status: 200, body: describe(session) }
  }

  const signIn = (cookie: string, body: SignInRequest): ModelResponse => {
    if (model.condition === 'without grants') return outage()
    const { username = '', password } = body.credentials
    if (password === 'wrong') return refuse(401, 'invalid_credentials')
    sessions.delete(cookie)
    const id = startSession(username)
    return { status: 200, body: describe(sessions.get(id)), setCookie: id }
  }

  const signOut = (cookie: string, query: URLSearchParams): ModelResponse => {
    const requestedId = query.get('session_id')
    const session = sessions.get(cookie)
    if (requestedId && session?.id !== requestedId) return { status: 204 }
    if (session)
      for (const { id, username } of sessions.values())
        if (id === cookie || (query.has('everywhere') && username === session.username)) sessions.delete(id)
    return { status: 204, setCookie: '' }
  }

  const refresh = (session: ModelSession | undefined, body: TokenRequest): ModelResponse => {
    if (session?.id !== body.session_id)
      return refuse(401, 'login_required', { reason: session ? 'session_changed' : endReason })
    if (session.sequence <= body.after || session.expiresAt <= realNow()) {
      if (model.condition === 'without grants') return outage()
      issueToken(session)
    }
    return { status: 200, body: describe(session) }
  }

  const callApi = ({ cookie, authorization = '' }: ModelRequest): ModelResponse => {
    const [id = '', sequence] = authorization.replace('Bearer ', '').split('.')
    const session = sessions.get(mode === 'proxy' ? cookie : id)
    const isValid =
      session &&
      (mode === 'proxy' ||
        (!session.isRevoked && session.sequence === Number(sequence) && session.expiresAt > realNow()))
    return { status: isValid ? 200 : 401 }
  }

  const model: BffModel = {
    condition: 'well',
    retryAfter: 0,
    startSession,
    endSessions: (reason, username) => {
      endReason = reason
      for (const session of sessions.values())
        if (username === undefined || session.username === username) sessions.delete(session.id)
    },
    revokeTokens: () => {
      for (const session of sessions.values()) session.isRevoked = true
    },
    rotateTokens: () => {
      for (const session of sessions.values()) issueToken(session)
    },
    isAlive: (sessionId) => sessions.has(sessionId),
    getExpiry: (token) => expiries.get(token) ?? -Infinity,
    handle: (request) => {
      const url = new URL(request.path, 'https://app.test')
      if (!url.pathname.startsWith('/auth/')) return callApi(request)
      if (model.condition === 'restarting') return null
      if (model.condition === 'failing') return outage()
      if (model.condition === 'throttling')
        return { ...refuse(429, 'rate_limited'), retryAfter: model.retryAfter }
      const session = sessions.get(request.cookie)
      const body: unknown = request.body === undefined ? undefined : JSON.parse(request.body)
      switch (`${request.method} ${url.pathname}`) {
        case 'GET /auth/session':
          return restore(session)
        case 'POST /auth/session':
          return signIn(request.cookie, body as SignInRequest)
        case 'DELETE /auth/session':
          return signOut(request.cookie, url.searchParams)
        case 'POST /auth/token':
          return refresh(session, body as TokenRequest)
        default:
          return refuse(400, 'invalid_request')
      }
    },
  }
  return model
}
