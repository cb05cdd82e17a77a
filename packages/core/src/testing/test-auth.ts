import type { LoginRequiredReason } from '@latchkey/wire'
import { defaultBasePath } from '@latchkey/wire'
import type { AuthClient, AuthClientOptions } from '../auth-client.ts'
import { getPageUrl } from '../browser.ts'
import { createAuthClient } from '../create-auth-client.ts'
import type { InitialState } from '../auth-state.ts'
import type { TestBrowser } from './test-browser.ts'
import { createTestBrowser } from './test-browser.ts'
import type { FakeBff, FakeBffOptions } from './fake-bff.ts'
import { createFakeBff } from './fake-bff.ts'
import { passwordSignIn } from './fake-sign-in.ts'

/** The options of {@link createTestAuth}: its own, those of the fake BFF, and some of the client. */
export interface TestAuthOptions<User>
  extends
    Pick<FakeBffOptions, 'users' | 'otp' | 'mode' | 'signInMethods' | 'basePath' | 'expiresIn' | 'idle'>,
    Pick<AuthClientOptions<User>, 'allow' | 'rejectsToken' | 'onExpired'> {
  /** The user who is signed in at the start; `null` (the default) when no user is. */
  readonly user?: User | null
  /**
   * The username with which `user` signs in; default: its property `username`. If it has none, every sign-in signs in
   * `user`, whatever the username.
   */
  readonly username?: string
  /** Creates the user for every other username; default: `{ username }`. */
  readonly createUser?: (username: string) => User & object
  /**
   * Handles every request that is not for the BFF, as your API does; default: 404. `bff.acceptsToken(request)` says
   * whether the request has a valid token.
   */
  readonly api?: (request: Request, bff: FakeBff) => Promise<Response> | Response
  /**
   * The URL of the page; default: `location` of the test environment (jsdom, happy-dom) when that is an http or https
   * URL, otherwise `https://app.test/`.
   */
  readonly pageUrl?: string
}

/** A real client with a fake BFF, for tests of components and for stories. */
export interface TestAuth<User> extends AuthClient<User> {
  /**
   * Ends the session at the BFF, sends the next request of the client, and resolves when the client is `expired`.
   *
   * @param reason default `idle`
   *
   * @example
   * await act(() => auth.expire())
   * expect(screen.getByText('Sign in again')).toBeVisible()
   */
  readonly expire: (reason?: LoginRequiredReason) => Promise<void>
  /** The browser of the client, with virtual time and the requests that were sent. */
  readonly browser: TestBrowser
  /** The BFF of the client: it can reject tokens, fail and count. */
  readonly bff: FakeBff
}

/**
 * Creates a client for tests of components and for stories. It has its first state at once, so that a test need not
 * wait for a restore. Time stands still; `auth.browser.advance()` lets it pass.
 *
 * In tests of React components, wrap calls that change the state in `act`: `await act(() => auth.signOut())`, likewise
 * `auth.signIn()`, `auth.expire()` and `auth.browser.advance()`.
 *
 * @example
 * const auth = createTestAuth({
 *   user: { username: 'cathy' },
 *   api: (request, bff) =>
 *     bff.acceptsToken(request) ? Response.json(['Item 1']) : new Response(null, { status: 401 }),
 * })
 * render(<AuthProvider client={auth}><Items /></AuthProvider>)
 * expect(await screen.findByText('Item 1')).toBeVisible()
 */
export function createTestAuth<User = { username: string }>({
  user = null,
  username = (user as { username?: string } | null)?.username,
  createUser,
  api,
  pageUrl = getDefaultPageUrl(),
  allow,
  rejectsToken,
  onExpired,
  ...bffOptions
}: TestAuthOptions<User> = {}): TestAuth<User> {
  const { basePath = defaultBasePath, signInMethods = passwordSignIn } = bffOptions
  const isUser = (name: string): boolean => user !== null && (username === undefined || name === username)
  const createSubject = (name: string): string => `subject-${isUser(name) ? (username ?? 'user') : name}`
  let browser: TestBrowser | undefined
  const bff = createFakeBff({
    ...bffOptions,
    // The first session starts before the browser exists, at the start of its time.
    now: () => browser?.monotonicNow() ?? 0,
    createSubject,
    createUser: (name) => (isUser(name) ? { ...user } : (createUser?.(name) ?? { username: name })),
  })
  const cookie = user && bff.startSession(username ?? 'user')
  browser = createTestBrowser({
    pageUrl,
    network: (request) => {
      const { origin, pathname } = new URL(request.url)
      if (origin === new URL(pageUrl).origin && pathname.startsWith(`${basePath}/`)) return bff.fetch(request)
      return api?.(request, bff) ?? new Response(null, { status: 404 })
    },
    ...(cookie !== null && { cookie }),
  })
  const initialState: InitialState = user
    ? {
        signInMethods,
        status: 'signed-in',
        session: { id: 'session-1', subject: createSubject(username ?? 'user'), user, scope: ['read'] },
      }
    : { status: 'signed-out', session: null, signInMethods }
  const client = createAuthClient<User>({
    platform: browser.openTab().platform,
    basePath,
    initialState,
    allow,
    rejectsToken,
    onExpired,
  })
  return {
    ...client,
    browser,
    bff,
    expire: async (reason = 'idle') => {
      // The response to the first request of a page says only that there is no session.
      await client.getAccessToken().catch(() => {})
      bff.endSessions(reason)
      const controller = new AbortController()
      const unsubscribe = client.subscribe(() => controller.abort())
      await client.getAccessToken({ forceRefresh: true, signal: controller.signal }).catch(() => {})
      unsubscribe()
    },
  }
}

function getDefaultPageUrl(): string {
  const url = getPageUrl()
  return url?.startsWith('http') ? url : 'https://app.test/'
}
