import type { SignInMethods } from '@latchkey/wire'
import type { Platform } from './platform.ts'
import type { AuthState, InitialState, Session } from './auth-state.ts'
import type { StandardSchema } from './user.ts'

/** The options of `createAuthClient`. */
export interface AuthClientOptions<User = unknown> {
  /** The path at which the BFF is mounted on the page's own origin; default `/auth`. */
  readonly basePath?: string | undefined
  /** Validates and types `session.user`: any Standard Schema, for example a zod object. */
  readonly user?: StandardSchema<User> | undefined
  /**
   * Further origins to which `fetch` sends the access token, for example `['https://api.example.com']`; the page's own
   * origin always gets it.
   */
  readonly allow?: readonly (string | URL)[] | undefined
  /**
   * Whether a response of your API rejects the access token, so that `fetch` gets a newer one and repeats the request.
   * Default: the status is 401, and no challenge in `WWW-Authenticate` has the error `insufficient_scope`. To read the
   * body, read it from `response.clone()`.
   */
  readonly rejectsToken?: ((response: Response) => boolean | Promise<boolean>) | undefined
  /**
   * The state at start, from a server that rendered the page: what `bff.session(request)` returned there; default
   * `restoring`. The schema in `user` parses its user, on the server and in the browser, if it does so synchronously.
   */
  readonly initialState?: InitialState | undefined
  /** Whether requests while the status is `expired` fail (`reject`, the default) or wait for the next sign-in (`hold`). */
  readonly onExpired?: 'reject' | 'hold' | undefined
  /** The environment; default: the browser. For tests, `@latchkey/core/testing` creates one. */
  readonly platform?: Platform | undefined
}

/** The options of `signIn`. */
export interface SignInOptions {
  /** The scopes to request; the provider's default when absent. */
  readonly scope?: string[] | undefined
  /** Whether the session survives closing the browser. */
  readonly remember?: boolean | undefined
  /** The `challenge.id` of the error `challenge_required` to which these credentials respond. */
  readonly challenge?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * The auth client of one page: an external store with sign-in, sign-out and token access. Its functions are stable
 * references and need no `this`.
 */
export interface AuthClient<User = unknown> {
  /** Returns the current state; the same object until the state changes. */
  readonly getState: () => AuthState<User>
  /** Returns the state before the first event, which is the one that a server renders. */
  readonly getInitialState: () => InitialState<User>
  /**
   * Calls the listener after every change of the state, of which a refresh makes none. Returns the function that
   * unsubscribes.
   *
   * @example
   * const unsubscribe = auth.subscribe(({ status }) => {
   *   if (status === 'signed-out') queryClient.clear()
   * })
   */
  readonly subscribe: (listener: (state: AuthState<User>, previous: AuthState<User>) => void) => () => void
  /** The access token as a separate store, so that a refresh notifies only the listeners that need the token. */
  readonly accessToken: {
    /** Returns the access token; `null` when there is none, when it has expired, and always in proxy mode. */
    readonly get: () => string | null
    /** Returns the seconds until the token expires: `Infinity` when unknown, 0 or less when there is no valid token. */
    readonly secondsLeft: () => number
    /** Calls the listener after every change of the token. Returns the function that unsubscribes. */
    readonly subscribe: (listener: () => void) => () => void
  }
  /**
   * When the session ends at the latest, as the BFF said in its latest response: a separate store, so that a page can
   * warn its user, and a refresh renders no other component.
   *
   * @example
   * const minutesLeft = Math.floor(auth.sessionEnd.secondsLeft() / 60)
   */
  readonly sessionEnd: {
    /**
     * Returns the moment in milliseconds of the page clock, which is comparable with earlier ones only; `null` when no
     * user is signed in or the end is unknown.
     */
    readonly get: () => number | null
    /** Returns the seconds until then: `Infinity` when unknown. */
    readonly secondsLeft: () => number
    /** Calls the listener when the moment changes. Returns the function that unsubscribes. */
    readonly subscribe: (listener: () => void) => () => void
    /**
     * Asks the BFF for the moment, which does not count as use of the session: another tab may have used it meanwhile. A
     * session that has ended becomes `expired`.
     *
     * @throws {AuthError} for example `login_required` when the session has ended
     */
    readonly check: () => Promise<unknown>
  }
  /**
   * Resolves with the state as soon as that is not `restoring`, and waits while the network is down. Until then every
   * call returns the same promise, so that `use(auth.ready())` is possible. During server rendering it resolves with
   * `initialState`.
   *
   * @throws {AuthError} after `dispose()`, and during server rendering without `initialState`
   *
   * @example
   * // A route loader
   * const { status } = await auth.ready()
   * if (status !== 'signed-in') throw redirect('/login')
   */
  readonly ready: () => Promise<AuthState<User>>
  /**
   * Signs in with the fields that the provider requires, usually `username` and `password`. A later sign-in or a
   * sign-out aborts this one, which then rejects with an `AbortError`.
   *
   * @throws {AuthError} for example `invalid_credentials`, `challenge_required` or `rate_limited`
   *
   * @example
   * const { user } = await auth.signIn({ username, password }, { remember: true })
   */
  readonly signIn: (credentials: Record<string, string>, options?: SignInOptions) => Promise<Session<User>>
  /**
   * Signs out: at once in this tab and the others, and at the BFF as soon as the network allows, if necessary at the
   * next page load. Aborts a sign-in that has not finished, in other tabs too. Never throws. With `everywhere` it ends
   * all sessions of this user, on every device.
   *
   * @example
   * <button onClick={() => auth.signOut()}>Sign out</button>
   */
  readonly signOut: (options?: { readonly everywhere?: boolean | undefined }) => Promise<void>
  /**
   * Tells the BFF that the user is still active, which restarts the idle time of the session.
   *
   * @throws {AuthError} for example `login_required` when the session has ended
   */
  readonly extend: () => Promise<Session<User>>
  /**
   * `fetch` with the session's token, which is refreshed when necessary. It sends the token to the page's own origin and
   * the origins in `allow` only. If the response rejects the token, it gets a newer one and repeats the request once,
   * unless the body is a stream.
   *
   * @throws {AuthError} when no user is signed in or no token can be fetched
   *
   * @example
   * const response = await auth.fetch('/api/items', { method: 'POST', body: JSON.stringify(item) })
   */
  readonly fetch: typeof globalThis.fetch
  /**
   * Resolves with a valid access token and refreshes it first when necessary; with an empty string in proxy mode, where
   * the browser has no token. Use it for clients that cannot use `fetch`, for example a WebSocket.
   *
   * `forceRefresh` gets a newer token than the current one, for a caller whose token was rejected. `signal` rejects this
   * call; the refresh continues for other callers.
   *
   * @throws {AuthError} when no user is signed in or no token can be fetched
   *
   * @example
   * socket.send(JSON.stringify({ token: await auth.getAccessToken() }))
   */
  readonly getAccessToken: (options?: {
    readonly forceRefresh?: boolean | undefined
    readonly signal?: AbortSignal | undefined
  }) => Promise<string>
  /**
   * How users sign in, for example the fields of a form: a separate store, because a page may be signed out before it
   * knows. It does so from the start when a server rendered the page, and otherwise with the first response of the BFF,
   * that is, when the state first leaves `restoring`, unless that was a sign-out.
   */
  readonly signInMethods: {
    /** Returns what the BFF described in its latest response; `null` before the first one. */
    readonly get: () => SignInMethods | null
    /** Calls the listener when that changes. Returns the function that unsubscribes. */
    readonly subscribe: (listener: () => void) => () => void
  }
  /**
   * Stops all requests, timers and listeners for good: the state never changes again, and every call rejects. The
   * session on the server stays valid.
   */
  readonly dispose: () => void
  /** The environment of the client, so that components show the time of its clock, in tests the virtual one. */
  readonly platform: Platform
}
