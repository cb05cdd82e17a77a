import type { SignInMethods } from '@latchkey/wire'
import type { AuthError, EndReason } from './errors.ts'
import { getEndReason } from './errors.ts'
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
  /** `signed-out` means that a user signed out; `ended` that the BFF has confirmed it, or that a schema rejected the user. */
  readonly type: 'signed-in' | 'signed-out' | 'ended'
  /** Empty after a sign-out of a page that did not know its session yet. */
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
 *   receiveTabMessage: signed-out   ·            signed-out   signed-out   ·
 *   receiveTabMessage: unknown      ·            restoring    restoring    ·
 *   createSignedOutState            signed-out   signed-out   signed-out   ·
 *   resetToRestoring                ·            restoring    restoring    restoring
 * ```
 *
 * `session_changed` is a reason of `login_required`: the browser has another session now. A `signed-out` message about
 * another session changes nothing; `unknown` is one without a session id.
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
  | {
      readonly status: 'signed-in'
      readonly session: Session<User>
      readonly error?: never
      readonly reason?: never
    }
  /** The session ended, but not by a sign-out. Keep the page, so that the user can sign in again without losing work. */
  | {
      readonly status: 'expired'
      readonly session: Session<User>
      readonly error?: never
      readonly reason: EndReason
    }
  | {
      readonly status: 'signed-out'
      readonly session: null
      readonly error?: never
      readonly reason?: EndReason
    }

/** The state at the start of a page, for example what `bff.session(request)` of `@latchkey/bff` returns. */
export type InitialState<User = unknown> = AuthState<User> & {
  /** How users sign in, for a sign-in form in the HTML of a server. */
  readonly signInMethods?: SignInMethods | undefined
}

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
  /** When a caller without a token may cause the next request after a failure: sooner than the timer. */
  readonly callerFetchAt: number
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
  return {
    auth,
    epoch,
    token,
    isFetching: false,
    nextFetchAt: token?.refreshAt ?? Infinity,
    callerFetchAt: Infinity,
    failureCount: 0,
  }
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

/**
 * Handles a response with a session, to a request for one or to a sign-in. An equal session is the same object, so that
 * components do not render again.
 */
export function receiveSession<User>(
  state: ClientState<User>,
  { session, token }: SessionResult<User>,
): ClientState<User> {
  const { auth, epoch, failureCount } = state
  const isSameSession = auth.status === 'signed-in' && auth.session.id === session.id
  const next: AuthState<User> =
    isSameSession && auth.session === session ? auth : { status: 'signed-in', session }
  // Responses may arrive out of order. In proxy mode no token is kept, however new.
  const keepsToken = !token || (token.access_token && token.sequence < (state.token?.sequence ?? 0))
  const nextToken = keepsToken ? state.token : token
  if (isSameSession) return createClientState(next, epoch, nextToken)
  // A session comes without a token while the authorization server is down: then the token is fetched next.
  const started = startFirstFetch(createClientState(next, {}, token))
  return token ? started : { ...started, failureCount }
}

/**
 * Handles a response with a session that was not requested for a token: it takes the session and a newer token, and
 * leaves the rest to the request for the token, which may be running.
 */
export function receiveUnrelatedSession<User>(
  state: ClientState<User>,
  result: SessionResult<User>,
): ClientState<User> {
  const next = receiveSession(state, result)
  const isNewer = (result.token?.sequence ?? 0) > (state.token?.sequence ?? 0)
  return next.epoch !== state.epoch || isNewer ? next : { ...state, auth: next.auth }
}

/** Handles a sign-out, in this tab or another one. */
export function createSignedOutState<User>(reason: EndReason = 'signed_out'): ClientState<User> {
  return createClientState({ status: 'signed-out', session: null, reason })
}

/**
 * Handles a failed request. Only {@link getEndReason} ends the session: a page that shows it becomes `expired`, a page
 * that is restoring becomes `signed-out`.
 *
 * @param nextFetchAt when the timer may try again
 * @param callerFetchAt when a caller may cause the next attempt
 */
export function receiveError<User>(
  state: ClientState<User>,
  error: AuthError,
  nextFetchAt: number,
  callerFetchAt: number = nextFetchAt,
): ClientState<User> {
  const { status, session } = state.auth
  let { failureCount } = state
  const reason = getEndReason(error)
  const hasChanged = reason === 'session_changed'
  if (!canFetch(state)) return state
  if (reason && !hasChanged)
    return status === 'signed-in'
      ? createClientState({ status: 'expired', session, reason })
      : createSignedOutState(reason)
  const failed = hasChanged ? resetToRestoring(state) : state
  failureCount += 1
  // Responses that contradict each other must not cause a loop: only the first is followed at once.
  if (hasChanged && failureCount === 1) return { ...startFetch(failed), failureCount }
  const { auth } = failed
  return {
    ...failed,
    auth: auth.status === 'restoring' ? { ...auth, error } : auth,
    isFetching: false,
    nextFetchAt,
    callerFetchAt,
    error,
    failureCount,
  }
}

/** Handles a message from another tab that a session began or ended. */
export function receiveTabMessage<User>(
  state: ClientState<User>,
  { type, sessionId }: TabMessage,
): ClientState<User> {
  const { status, session } = state.auth
  if (type === 'signed-in') return startFetch(resetToRestoring(state))
  // A restoring page drops the session when a response brings it: until then it may be another one.
  const isAnother = sessionId && (status === 'restoring' || session?.id !== sessionId)
  if (status === 'signed-out' || isAnother) return state
  return sessionId ? createSignedOutState('signed_out_elsewhere') : startFetch(resetToRestoring(state))
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
  const { token, nextFetchAt, callerFetchAt, error } = state
  const hasToken = token && token !== rejectedToken && now < token.expiresAt
  const waits = now < nextFetchAt && (hasToken || (error && now < callerFetchAt))
  return waits ? state : startFetch(state)
}

/** Returns when the timer must fire next; `Infinity` when it need not. */
export function getNextWakeTime({ token, isFetching, nextFetchAt }: ClientState, now: number): number {
  // A due request starts at once. Nothing happens at an expiry in the past.
  const expiry = token?.expiresAt ?? 0
  return Math.min(isFetching ? Infinity : nextFetchAt, expiry > now ? expiry : Infinity)
}
