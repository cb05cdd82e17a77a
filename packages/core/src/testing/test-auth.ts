import type { LoginRequiredReason } from '@latchkey/wire'
import type { AuthClient } from '../auth-client.ts'
import { createAuthClient } from '../create-auth-client.ts'
import type { AuthState } from '../auth-state.ts'
import type { TestBrowser } from './test-browser.ts'
import { createTestBrowser } from './test-browser.ts'
import type { FakeBff } from './fake-bff.ts'
import { createFakeBff } from './fake-bff.ts'

/** How a client for component tests starts. */
export interface TestAuthOptions<User> {
  /** Who is signed in; `null` (the default) for nobody. */
  readonly user?: User | null
  /** Answers everything that is not the BFF's: the application's own API. */
  readonly api?: (request: Request) => Promise<Response> | Response
}

/** A real client in front of a fake BFF, for tests of components and for stories. */
export interface TestAuth<User> extends AuthClient<User> {
  /** The session ends by itself, and the client is told at its next request, which this makes. */
  readonly expire: (reason?: LoginRequiredReason) => Promise<void>
  readonly browser: TestBrowser
  readonly bff: FakeBff
}

/** Creates a client that has its first state at once: no waiting in the test for a restore. */
export function createTestAuth<User extends { readonly username: string }>({
  user = null,
  api,
}: TestAuthOptions<User> = {}): TestAuth<User> {
  const bff = createFakeBff({
    createUser: (username) => (user?.username === username ? { ...user } : { username }),
  })
  const cookie = user && bff.startSession(user.username)
  const browser = createTestBrowser({
    network: (request) => {
      if (!new URL(request.url).pathname.startsWith('/auth/'))
        return api?.(request) ?? new Response(null, { status: 404 })
      return bff.fetch(request)
    },
    ...(cookie !== null && { cookie }),
  })
  const session = user && { id: 'session-1', subject: `subject-${user.username}`, user, scope: ['read'] }
  const initialState: AuthState<User> = session
    ? { status: 'signed-in', session }
    : { status: 'signed-out', session: null }
  const client = createAuthClient<User>({ platform: browser.openTab().platform, initialState })
  return {
    ...client,
    browser,
    bff,
    expire: async (reason = 'idle') => {
      bff.endSessions(reason)
      await client.getAccessToken({ forceRefresh: true }).catch(() => {})
    },
  }
}
