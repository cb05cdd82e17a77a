import type {
  LoginRequiredReason,
  SessionResponse,
  SignInMethods,
  SignInRequest,
  TokenRequest,
} from '@latchkey/wire'
import { csrfHeader, defaultBasePath, parseSeconds, sessionPath, tokenPath } from '@latchkey/wire'
import { browserPlatform } from '../browser.ts'
import { createErrorResponse } from './error-response.ts'
import { createSignInCheck, passwordSignIn } from './fake-sign-in.ts'
import { cookieHeaders } from './test-browser.ts'

/** The options of {@link createFakeBff}. */
export interface FakeBffOptions {
  /** The passwords by username; by default every username and password is accepted. */
  readonly users?: Record<string, string>
  /**
   * One-time codes by username. A sign-in of these users fails with `challenge_required` first and succeeds with the
   * code in the field `otp`.
   */
  readonly otp?: Record<string, string>
  /** Creates the user of a session; default: `{ username }`. */
  readonly createUser?: (username: string) => object
  /** Creates the `subject` of a session, which identifies the user; default: `subject-` and the username. */
  readonly createSubject?: (username: string) => string
  /** The `expires_in` of every token, in seconds or as an authorization server may send it; default 900. */
  readonly expiresIn?: unknown
  /** Seconds without use after which a session ends; by default it does not end by itself. */
  readonly idle?: number
  /** The clock of `idle`, in milliseconds; default: that of the page. */
  readonly now?: () => number
  /** The path at which the BFF is mounted; default `/auth`. */
  readonly basePath?: string
  /** Whether the browser gets the access token (`token`, the default) or only the session cookie (`proxy`). */
  readonly mode?: SessionResponse['mode']
  /** How users sign in; default: with a username and a password. */
  readonly signInMethods?: SignInMethods
  /**
   * Whether a cookie identifies the session; default `true`. With `false` the BFF has one session at a time and every
   * request belongs to it. Use that where cookies are lost, for example behind Mock Service Worker.
   */
  readonly cookies?: boolean
}

/** A BFF without an authorization server: it implements the protocol in memory and counts tokens. */
export interface FakeBff {
  /** Handles a request to the BFF. */
  readonly fetch: (request: Request) => Promise<Response>
  /** How many access tokens were issued by refreshes. */
  readonly grantCount: () => number
  /** How many sessions were started, by sign-ins and by {@link startSession}. */
  readonly signInCount: () => number
  /** Starts a session without a request, and returns its cookie as `name=value`. */
  readonly startSession: (username: string) => string
  /** Ends every session. The next request of a page gets this reason. */
  readonly endSessions: (reason?: LoginRequiredReason) => void
  /** Makes {@link acceptsToken} reject all current access tokens; the next refresh issues a valid one. */
  readonly revokeTokens: () => void
  /**
   * Calls the handler before each request; if it returns a response, the BFF does not handle the request. `null` removes
   * the handler.
   *
   * @example
   * bff.intercept(() => createErrorResponse(503, 'temporarily_unavailable'))
   */
  readonly intercept: (
    handler: ((request: Request) => Promise<Response | void> | Response | void) | null,
  ) => void
  /**
   * Whether an API accepts the request: whether it has a valid access token in `Authorization`, or in proxy mode the
   * cookie of a session.
   */
  readonly acceptsToken: (request: Request) => boolean
}

interface FakeSession {
  readonly id: string
  readonly username: string
  sequence: number
  isTokenValid: boolean
  usedAt: number
}

/** The `expires_in` of a session without an idle time, in seconds. */
const sessionLifetime = 28_800

/**
 * Creates a fake BFF, for the network of a test browser, for Mock Service Worker or for stories. To test components,
 * `createTestAuth` is simpler.
 *
 * @example
 * // With Mock Service Worker, which drops cookies:
 * const bff = createFakeBff({ users: { cathy: 'correct horse' }, cookies: false })
 * const server = setupServer(
 *   http.all('/auth/*', ({ request }) => bff.fetch(request)),
 *   http.get('/api/items', ({ request }) =>
 *     bff.acceptsToken(request) ? HttpResponse.json([]) : new HttpResponse(null, { status: 401 }),
 *   ),
 * )
 * afterEach(() => bff.endSessions())
 */
export function createFakeBff(options: FakeBffOptions = {}): FakeBff {
  const {
    users,
    otp,
    createUser = (username) => ({ username }),
    createSubject = (username) => `subject-${username}`,
    idle = sessionLifetime,
    now = () => browserPlatform.performance.now(),
    basePath = defaultBasePath,
    mode = 'token',
    signInMethods: sign_in = passwordSignIn,
    cookies = true,
  } = options
  // An explicit `undefined` stands for an authorization server that sends no `expires_in`.
  const expiresIn = 'expiresIn' in options ? options.expiresIn : 900
  const checkSignIn = createSignInCheck(users, otp)
  const sessions = new Map<string, FakeSession>()
  let sessionCount = 0
  let grantCount = 0
  let endReason: LoginRequiredReason = 'no_session'
  let handler: Parameters<FakeBff['intercept']>[0] = null

  const getLatestCookie = (): string => `cookie-${sessionCount}`
  const startSession = (username: string): FakeSession => {
    sessionCount += 1
    const session = {
      id: `session-${sessionCount}`,
      username,
      sequence: 1,
      isTokenValid: true,
      usedAt: now(),
    }
    if (!cookies) sessions.clear()
    sessions.set(getLatestCookie(), session)
    return session
  }
  const readCookie = ({ headers }: Request): string => {
    if (!cookies) return getLatestCookie()
    const header = headers.get(cookieHeaders.request[1]) ?? headers.get('cookie') ?? ''
    return /\blatchkey=([\w-]+)/.exec(header)?.[1] ?? ''
  }
  const createCookieHeaders = (cookie: string): Record<string, string> =>
    cookies ? { 'set-cookie': cookie, [cookieHeaders.response]: cookie } : {}

  const getIdleSecondsLeft = ({ usedAt }: FakeSession): number =>
    'idle' in options ? Math.floor(idle - (now() - usedAt) / 1000) : idle
  const findSession = (cookie: string): FakeSession | undefined => {
    const session = sessions.get(cookie)
    if (!session || getIdleSecondsLeft(session) > 0) return session
    sessions.delete(cookie)
    endReason = 'idle'
    return undefined
  }

  const getAccessToken = ({ id, sequence }: FakeSession): string => `${id}.token-${sequence}`
  const describeSession = (session: FakeSession): SessionResponse => ({
    session: {
      session_id: session.id,
      subject: createSubject(session.username),
      user: createUser(session.username) as Record<string, unknown>,
      scope: ['read'],
      expires_in: getIdleSecondsLeft(session),
    },
    ...(mode === 'token' && {
      token: {
        access_token: getAccessToken(session),
        token_type: 'Bearer',
        expires_in: parseSeconds(expiresIn),
        sequence: session.sequence,
      },
    }),
    mode,
    sign_in,
  })

  const describeNoSession = (): SessionResponse => ({
    session: null,
    mode,
    sign_in,
    ...(endReason !== 'no_session' && { reason: endReason }),
  })

  const route = async (request: Request): Promise<Response> => {
    const { pathname, searchParams } = new URL(request.url)
    if (!request.headers.has(csrfHeader)) return createErrorResponse(403, 'access_denied')
    const cookie = readCookie(request)
    const session = findSession(cookie)

    switch (`${request.method} ${pathname}`) {
      case `GET ${basePath}${sessionPath}`:
        if (session && !searchParams.has('peek')) session.usedAt = now()
        return Response.json(session ? describeSession(session) : describeNoSession())
      case `POST ${basePath}${sessionPath}`: {
        const username = checkSignIn((await request.json()) as SignInRequest)
        if (typeof username !== 'string') return username
        sessions.delete(cookie)
        return Response.json(describeSession(startSession(username)), {
          headers: createCookieHeaders(`latchkey=${getLatestCookie()}; Path=/; HttpOnly`),
        })
      }
      case `DELETE ${basePath}${sessionPath}`: {
        const requestedId = searchParams.get('session_id')
        if (requestedId && session?.id !== requestedId) return new Response(null, { status: 204 })
        sessions.delete(cookie)
        endReason = 'no_session'
        return new Response(null, {
          status: 204,
          headers: createCookieHeaders('latchkey=; Path=/; Max-Age=0'),
        })
      }
      case `POST ${basePath}${tokenPath}`: {
        const { session_id, after } = (await request.json()) as TokenRequest
        if (session?.id !== session_id)
          return createErrorResponse(401, 'login_required', {
            reason: session ? 'session_changed' : endReason,
          })
        if (session.sequence <= after) {
          session.sequence += 1
          session.isTokenValid = true
          grantCount += 1
        }
        return Response.json(describeSession(session))
      }
      default:
        return createErrorResponse(400, 'invalid_request')
    }
  }

  return {
    fetch: async (request) => (await handler?.(request)) ?? route(request),
    grantCount: () => grantCount,
    signInCount: () => sessionCount,
    startSession: (username) => {
      startSession(username)
      return `latchkey=${getLatestCookie()}`
    },
    endSessions: (reason = 'no_session') => {
      endReason = reason
      sessions.clear()
    },
    revokeTokens: () => {
      for (const session of sessions.values()) session.isTokenValid = false
    },
    intercept: (next) => {
      handler = next
    },
    acceptsToken: (request) => {
      if (mode === 'proxy') return sessions.has(readCookie(request))
      const [scheme, token] = (request.headers.get('authorization') ?? '').split(' ')
      return (
        scheme === 'Bearer' &&
        [...sessions.values()].some((session) => session.isTokenValid && getAccessToken(session) === token)
      )
    },
  }
}
