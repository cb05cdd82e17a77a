import type {
  ErrorCode,
  LoginRequiredReason,
  SessionResponse,
  SignInMethods,
  SignInRequest,
  TokenRequest,
} from '@latchkey/wire'
import { csrfHeader, defaultBasePath, parseSeconds, sessionPath, tokenPath } from '@latchkey/wire'
import { cookieHeaders } from './test-browser.ts'

/** How a fake BFF is made. */
export interface FakeBffOptions {
  /** Passwords by username; without it, everybody may sign in with any password. */
  readonly users?: Record<string, string>
  /** What the user of a session looks like; by default `{ username }`. */
  readonly createUser?: (username: string) => Record<string, unknown>
  /** What the authorization server says as `expires_in` beside each token, read as a BFF reads it; default 900. */
  readonly expiresIn?: unknown
  readonly basePath?: string
  /** Whether the browser gets the access token (`token`, the default) or only the cookie (`proxy`). */
  readonly mode?: SessionResponse['mode']
  /** How users sign in; by default a form with a username and a password. */
  readonly signInMethods?: SignInMethods
}

/** A BFF without an authorization server behind it: it speaks the wire, and counts. */
export interface FakeBff {
  readonly fetch: (request: Request) => Promise<Response>
  /** Tokens given out beside those of sign-ins. */
  readonly grantCount: () => number
  readonly signInCount: () => number
  /** Starts a session as if somebody had signed in, and returns its cookie for a `Cookie` header. */
  readonly startSession: (username: string) => string
  /** Ends every session; the next question about one is answered with this reason. */
  readonly endSessions: (reason?: LoginRequiredReason) => void
  /** Makes every access token worthless to {@link acceptsToken}; the next grant makes a good one. */
  readonly revokeTokens: () => void
  /** Answers requests by hand until it is called with `null`; where the handler gives `undefined`, the BFF answers. */
  readonly intercept: (
    handler: ((request: Request) => Promise<Response | void> | Response | void) | null,
  ) => void
  /** Whether a request carries an access token that is good at the moment, as a resource server asks. */
  readonly acceptsToken: (request: Request) => boolean
}

interface FakeSession {
  readonly id: string
  readonly username: string
  sequence: number
  isValid: boolean
}

/** A JSON error answer as a BFF writes it. */
export function createErrorResponse(
  status: number,
  error: ErrorCode,
  more: { reason?: LoginRequiredReason; retryAfter?: number } = {},
): Response {
  return Response.json(
    { error, ...(more.reason && { reason: more.reason }) },
    { status, headers: more.retryAfter === undefined ? {} : { 'retry-after': String(more.retryAfter) } },
  )
}

const createCookieHeaders = (cookie: string): Record<string, string> => ({
  'set-cookie': cookie,
  [cookieHeaders.response]: cookie,
})

const passwordForm: SignInMethods = {
  credentials: {
    fields: [
      { name: 'username', label: 'Username', type: 'text', optional: false },
      { name: 'password', label: 'Password', type: 'password', optional: false },
    ],
  },
}

/** Creates a fake BFF; its `fetch` goes into a test browser's network, a mock service worker or a story. */
export function createFakeBff(options: FakeBffOptions = {}): FakeBff {
  const {
    users,
    createUser = (username) => ({ username }),
    basePath = defaultBasePath,
    mode = 'token',
    signInMethods: sign_in = passwordForm,
  } = options
  // A missing `expires_in` is something to test, too.
  const expiresIn = 'expiresIn' in options ? options.expiresIn : 900
  const sessions = new Map<string, FakeSession>()
  let signIns = 0
  let grants = 0
  let endReason: LoginRequiredReason = 'no_session'
  let handler: Parameters<FakeBff['intercept']>[0] = null

  const start = (username: string): FakeSession => {
    signIns += 1
    const session = { id: `session-${signIns}`, username, sequence: 1, isValid: true }
    sessions.set(`cookie-${signIns}`, session)
    return session
  }
  const cookieOf = (request: Request): string | undefined =>
    /\blatchkey=([\w-]+)/.exec(
      request.headers.get(cookieHeaders.request[1]) ?? request.headers.get('cookie') ?? '',
    )?.[1]
  const tokenOf = ({ id, sequence }: FakeSession): string => `${id}.token-${sequence}`
  const response = (session: FakeSession): SessionResponse => ({
    session: {
      session_id: session.id,
      subject: `subject-${session.username}`,
      user: createUser(session.username),
      scope: ['read'],
      expires_in: 28_800,
    },
    ...(mode === 'token' && {
      token: {
        access_token: tokenOf(session),
        token_type: 'Bearer',
        expires_in: parseSeconds(expiresIn),
        sequence: session.sequence,
      },
    }),
    mode,
    sign_in,
  })

  const route = async (request: Request): Promise<Response> => {
    const path = new URL(request.url).pathname
    if (!request.headers.has(csrfHeader)) return createErrorResponse(403, 'access_denied')
    const cookie = cookieOf(request)
    const session = cookie === undefined ? undefined : sessions.get(cookie)

    switch (`${request.method} ${path}`) {
      case `GET ${basePath}${sessionPath}`:
        return Response.json(session ? response(session) : { session: null, mode, sign_in })
      case `POST ${basePath}${sessionPath}`: {
        const { credentials } = (await request.json()) as SignInRequest
        const username = credentials['username'] ?? ''
        if (users && users[username] !== credentials['password'])
          return createErrorResponse(401, 'invalid_credentials')
        if (cookie !== undefined) sessions.delete(cookie)
        const started = start(username)
        return Response.json(response(started), {
          headers: createCookieHeaders(`latchkey=cookie-${signIns}; Path=/; HttpOnly`),
        })
      }
      case `DELETE ${basePath}${sessionPath}`: {
        const requestedId = new URL(request.url).searchParams.get('session_id')
        if (requestedId && session && session.id !== requestedId) return new Response(null, { status: 204 })
        if (cookie !== undefined) sessions.delete(cookie)
        return new Response(null, {
          status: 204,
          headers: createCookieHeaders('latchkey=; Path=/; Max-Age=0'),
        })
      }
      case `POST ${basePath}${tokenPath}`: {
        const { session_id, after } = (await request.json()) as TokenRequest
        if (!session) return createErrorResponse(401, 'login_required', { reason: endReason })
        if (session.id !== session_id)
          return createErrorResponse(401, 'login_required', { reason: 'session_changed' })
        if (session.sequence <= after) {
          session.sequence += 1
          session.isValid = true
          grants += 1
        }
        return Response.json(response(session))
      }
      default:
        return createErrorResponse(400, 'invalid_request')
    }
  }

  return {
    fetch: async (request) => (await handler?.(request)) ?? route(request),
    grantCount: () => grants,
    signInCount: () => signIns,
    startSession: (username) => {
      start(username)
      return `latchkey=cookie-${signIns}`
    },
    endSessions: (reason = 'no_session') => {
      endReason = reason
      sessions.clear()
    },
    revokeTokens: () => {
      for (const session of sessions.values()) session.isValid = false
    },
    intercept: (next) => {
      handler = next
    },
    acceptsToken: (request) => {
      const [scheme, token] = (request.headers.get('authorization') ?? '').split(' ')
      return (
        scheme === 'Bearer' &&
        [...sessions.values()].some((session) => session.isValid && tokenOf(session) === token)
      )
    },
  }
}
