import type { SignInMethods } from '@latchkey/wire'
import type { Platform } from './platform.ts'
import type { AuthState, Session } from './auth-state.ts'
import type { StandardSchema } from './user.ts'

/** How a client is made. */
export interface AuthClientOptions<User = unknown> {
  /** Where the BFF is mounted on the page's own origin; default `/auth`. */
  readonly basePath?: string | undefined
  /** Checks and types `session.user`; any Standard Schema, for example a zod object. */
  readonly user?: StandardSchema<User> | undefined
  /** Further origins that `fetch` sends the token to; the page's own always gets it. */
  readonly allow?: readonly (string | URL)[] | undefined
  /**
   * Whether an answer of the resource server says that the token is no good, so that `fetch` asks for another; a 401
   * whose challenge does not say `insufficient_scope` when absent. Reads a body from a clone of the answer.
   */
  readonly rejectsToken?: ((response: Response) => boolean | Promise<boolean>) | undefined
  /** The state to show first, from a server that rendered the page; default `restoring`. */
  readonly initialState?: AuthState<User> | undefined
  /** Whether requests made while `expired` are refused (`reject`, the default) or wait for the next sign-in (`hold`). */
  readonly onExpired?: 'reject' | 'hold' | undefined
  /** The surroundings; the browser's own by default. `@latchkey/core/testing` has others. */
  readonly platform?: Platform | undefined
}

/** What may go with the credentials of a sign-in. */
export interface SignInOptions {
  readonly scope?: string[] | undefined
  /** Whether the session outlives the browser window. */
  readonly remember?: boolean | undefined
  /** The `challenge.id` of the `challenge_required` that these credentials answer. */
  readonly challenge?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** The session of a page: an external store, and the acts on it. All functions keep their identity. */
export interface AuthClient<User = unknown> {
  readonly getState: () => AuthState<User>
  /** The state before the first event, which a server has rendered. */
  readonly getInitialState: () => AuthState<User>
  /** Hears of every change of the state; a refresh changes nothing in it. Returns how to stop. */
  readonly subscribe: (listener: (state: AuthState<User>, previous: AuthState<User>) => void) => () => void
  /** The access token as a store of its own: `null` when there is none, never one known to be expired. */
  readonly accessToken: {
    readonly get: () => string | null
    /** Seconds that it has left: `Infinity` when that is not known, 0 or less when there is none. */
    readonly secondsLeft: () => number
    readonly subscribe: (listener: () => void) => () => void
  }
  /** The state once it is no longer `restoring`; never rejects, and waits while the network is away. */
  readonly ready: () => Promise<AuthState<User>>
  /**
   * Signs in with the fields that the provider asks for, for most `username` and `password`.
   * Throws `AuthError`; a newer sign-in or a sign-out aborts this one (`AbortError`).
   */
  readonly signIn: (credentials: Record<string, string>, options?: SignInOptions) => Promise<Session<User>>
  /** Signs out here and in the other tabs at once; the BFF hears of it when the network allows. Never throws. */
  readonly signOut: (options?: { readonly everywhere?: boolean | undefined }) => Promise<void>
  /** Tells the BFF that somebody is still there, which moves the idle limit. Throws `AuthError`. */
  readonly extend: () => Promise<Session<User>>
  /** `fetch` with the session's credential; see `createAuthorizedFetch` for when it is sent and sent again. */
  readonly fetch: typeof globalThis.fetch
  /**
   * A token that can be sent now, refreshed if it must be. Throws `AuthError`. `forceRefresh` asks for a
   * newer one than the present one, for a caller whose token was rejected. In proxy mode the browser has
   * no token, and this is an empty text.
   */
  readonly getAccessToken: (options?: {
    readonly forceRefresh?: boolean | undefined
    readonly signal?: AbortSignal | undefined
  }) => Promise<string>
  /**
   * How users sign in (the fields of a form, or without one), as the BFF described it in its latest response; `null`
   * before the first.
   */
  readonly signInMethods: () => SignInMethods | null
  /** Ends all work and listening for good; the session itself lives on in the BFF. */
  readonly dispose: () => void
}
