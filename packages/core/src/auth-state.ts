import type { AuthError, EndReason } from './errors.ts'
import type { AccessToken } from './token.ts'

/** The session of a signed-in user; the same object as long as nothing in it changes. */
export interface Session<User = unknown> {
  /** Identifies the session. Not a secret, and new at every sign-in. */
  readonly id: string
  /** Identifies the user: stays the same at the next sign-in of this user, and differs for every other user. */
  readonly subject: string
  readonly user: User
  /** The granted scopes. */
  readonly scope: readonly string[]
}

/** What tabs send each other when a session begins or ends: its id, never a secret. */
export interface TabMessage {
  readonly type: 'signed-in' | 'signed-out'
  readonly sessionId: string
}

/**
 * The state that a page shows; tell the members apart by `status`. It contains no token, so a refresh does not change
 * it.
 *
 * ```text
 *   ┌───────────┐   session   ┌────────────┐   session ended   ┌─────────┐
 *   │ restoring │────────────▶│ signed-in  │──────────────────▶│ expired │
 *   │           │             │            │◀──────────────────│         │
 *   └───────────┘             └────────────┘      sign-in      └─────────┘
 *         │                 sign-out │  ▲ sign-in                   │
 *         │ no session               ▼  │                           │ sign-out
 *         │                   ┌────────────┐                        │
 *         └──────────────────▶│ signed-out │◀───────────────────────┘
 *                             └────────────┘
 * ```
 *
 * The functions of this file are the events. Each row names the state that follows; `·` means that the status stays.
 *
 * ```text
 *                                   restoring    signed-in    expired      signed-out
 *   receiveSession                  signed-in    ·            signed-in    signed-in
 *   receiveError: login_required    signed-out   expired      ·            ·
 *   receiveError: session_changed   ·            restoring    ·            ·
 *   receiveTabMessage: signed-in    ·            restoring    restoring    restoring
 *   receiveTabMessage: signed-out   signed-out   signed-out   signed-out   ·
 *   createSignedOutState            signed-out   signed-out   signed-out   ·
 *   resetToRestoring                ·            restoring    restoring    restoring
 * ```
 *
 * `session_changed` is a reason of `login_required`: the browser has another session now. A `signed-out` message about
 * another session changes nothing.
 */
export type AuthState<User = unknown> =
  /**
   * The client is asking the BFF whether there is a session. If `session` is set, the page had it before: do not show
   * its data until the status is `signed-in` again. `error` says why the latest attempt failed; the client retries.
   */
  | {
      readonly status: 'restoring'
      readonly session: Session<User> | null
      readonly error?: AuthError
      readonly reason?: never
    }
  | { readonly status: 'signed-in'; readonly session: Session<User>; readonly reason?: never }
  /** The session ended, but not by a sign-out. Keep the page, so that the user can sign in again without losing work. */
  | { readonly status: 'expired'; readonly session: Session<User>; readonly reason: EndReason }
  | { readonly status: 'signed-out'; readonly session: null; readonly reason?: EndReason }

/**
 * The complete state of a client. Side effects follow from it: while `isFetching` is true, a request is running; a
 * timer is set for {@link getNextWakeTime}; a new `epoch` aborts everything that belongs to the previous one.
 *
 * Each function below handles one event and returns the next state. All are pure: they use no clock, no network and no
 * random numbers. Times are milliseconds of the page clock.
 */
export interface ClientState<User = unknown> {
  readonly auth: AuthState<User>
  /** A new object whenever a session begins or ends. */
  readonly epoch: object
  readonly token: AccessToken | null
  /** Whether the client's request is running: for the session while `restoring`, otherwise for the next token. */
  readonly isFetching: boolean
  /**
   * When the next request is due, for the timer and for callers that need a token: `refreshAt` of the token, or after a
   * failure the time of the next attempt.
   */
  readonly nextFetchAt: number
  /** The error of the latest request, if it failed. */
  readonly error?: AuthError
  /** How many requests in a row have failed. */
  readonly failureCount: number
}

/** The result of a successful request. */
export interface SessionResult<User = unknown> {
  readonly session: Session<User>
  readonly token: AccessToken | null
}

/** Creates a client state; without an epoch it starts a new one, which drops the results of pending requests. */
export function createClientState<User>(
  auth: AuthState<User>,
  epoch: object = {},
  token: AccessToken | null = null,
): ClientState<User> {
  return { auth, epoch, token, isFetching: false, nextFetchAt: token?.refreshAt ?? Infinity, failureCount: 0 }
}

/** Whether a request can bring something new: not for a session that has ended. */
const canFetch = ({ auth }: ClientState): boolean =>
  auth.status === 'restoring' || auth.status === 'signed-in'

const startFetch = <User>(state: ClientState<User>): ClientState<User> =>
  state.isFetching || !canFetch(state) ? state : { ...state, isFetching: true }

/** Handles the first use of the client and every return to the page: starts the first request if there was none. */
export function startFirstFetch<User>(state: ClientState<User>): ClientState<User> {
  return state.token || state.error ? state : startFetch(state)
}

/** Handles a response with a session, to a request for one or to a sign-in. */
export function receiveSession<User>(
  state: ClientState<User>,
  { session, token }: SessionResult<User>,
): ClientState<User> {
  const { auth, epoch } = state
  const previous = auth.session
  const isSameSession = auth.status === 'signed-in' && auth.session.id === session.id
  // An equal session keeps its object, so that components do not render again.
  const nextSession =
    JSON.stringify(previous) === JSON.stringify(session) ? (previous as Session<User>) : session
  const next: AuthState<User> =
    isSameSession && nextSession === previous ? auth : { status: 'signed-in', session: nextSession }
  // Responses may arrive out of order. In proxy mode no token is kept, however new.
  const keepsToken = !token || (token.access_token && token.sequence < (state.token?.sequence ?? 0))
  const nextToken = keepsToken ? state.token : token
  // A session comes without a token while the authorization server is down: then the token is fetched next.
  return isSameSession
    ? createClientState(next, epoch, nextToken)
    : startFirstFetch(createClientState(next, {}, token))
}

/** Handles a sign-out, in this tab or another one. */
export function createSignedOutState<User>(reason: EndReason = 'signed_out'): ClientState<User> {
  return createClientState({ status: 'signed-out', session: null, reason })
}

/**
 * Handles a failed request. Only `login_required` ends the session: a page that shows it becomes `expired`, a page that
 * is restoring becomes `signed-out`.
 */
export function receiveError<User>(
  state: ClientState<User>,
  error: AuthError,
  nextFetchAt: number,
): ClientState<User> {
  const { auth, failureCount } = state
  const { status, session } = auth
  if (!canFetch(state)) return state
  if (error.code === 'login_required') {
    const reason = error.reason ?? 'no_session'
    if (reason === 'session_changed') return startFetch(resetToRestoring(state))
    return status === 'signed-in'
      ? createClientState({ status: 'expired', session, reason })
      : createSignedOutState(reason)
  }
  return {
    ...state,
    auth: status === 'restoring' ? { ...auth, error } : auth,
    isFetching: false,
    nextFetchAt,
    error,
    failureCount: failureCount + 1,
  }
}

/** Handles a message from another tab that a session began or ended. */
export function receiveTabMessage<User>(
  state: ClientState<User>,
  { type, sessionId }: TabMessage,
): ClientState<User> {
  const { status, session } = state.auth
  if (type === 'signed-in') return startFetch(resetToRestoring(state))
  // The BFF may have responded to a pending restore before the sign-out.
  return status === 'restoring' || session?.id === sessionId
    ? createSignedOutState('signed_out_elsewhere')
    : state
}

/** Hides the session until the BFF confirms it: the page was in the back-forward cache, or the session may be another. */
export function resetToRestoring<User>(state: ClientState<User>): ClientState<User> {
  return createClientState({ status: 'restoring', session: state.auth.session })
}

/**
 * Handles a timer, a page that becomes visible and a network that is back: starts a request if one is due.
 *
 * @param online whether the network is back, which makes a request due that failed without a network
 */
export function startFetchIfDue<User>(
  state: ClientState<User>,
  now: number,
  online: boolean,
): ClientState<User> {
  const { nextFetchAt, error } = state
  return now >= nextFetchAt || (online && error?.code === 'network_error') ? startFetch(state) : state
}

/**
 * Handles a caller that needs a token: starts a request unless there is a valid token or a failed attempt is recent.
 *
 * @param rejectedToken a token that the API rejected and that is therefore not valid
 */
export function startFetchForToken<User>(
  state: ClientState<User>,
  now: number,
  rejectedToken: AccessToken | null | undefined,
): ClientState<User> {
  const { token, nextFetchAt, error } = state
  const hasToken = token && token !== rejectedToken && now < token.expiresAt
  return now < nextFetchAt && (error || hasToken) ? state : startFetch(state)
}

/** Returns when the timer must fire next; `Infinity` when it need not. */
export function getNextWakeTime({ token, isFetching, nextFetchAt }: ClientState, now: number): number {
  // A due request starts at once. Nothing happens at an expiry in the past.
  const expiry = token?.expiresAt ?? 0
  return Math.min(isFetching ? Infinity : nextFetchAt, expiry > now ? expiry : Infinity)
}
