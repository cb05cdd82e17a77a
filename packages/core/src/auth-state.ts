import type { AuthError, EndReason } from './errors.ts'
import type { AccessToken } from './token.ts'

/** Somebody's session as the page may know it; the same object for as long as nothing in it changes. */
export interface Session<User = unknown> {
  /** No secret; new at every sign-in. */
  readonly id: string
  /** Names the user: the same one has it again after the next sign-in, another one never. */
  readonly subject: string
  readonly user: User
  readonly scope: readonly string[]
}

/** What tabs tell each other: that a session began or ended, and its public name. Never a secret. */
export interface TabMessage {
  readonly type: 'signed-in' | 'signed-out'
  readonly sessionId: string
}

/**
 * What a page shows. It holds no token, so that a refresh changes nothing here. The arrows are the
 * functions below; an event that is missing at a state leaves it where it is.
 *
 * ```text
 *                ┌───────────┐      granted       ┌───────────┐      ended       ┌─────────┐
 *   start ──────▶│ restoring │───────────────────▶│ signed-in │─────────────────▶│ expired │
 *                └───────────┘                    └───────────┘                  └─────────┘
 *
 *   restoring ── granted ────────────────────▶ signed-in
 *   restoring ── ended, signedOut, heardEnd ─▶ signed-out
 *   signed-in ── ended ──────────────────────▶ expired
 *   signed-in ── heard, left, changed ───────▶ restoring
 *   signed-in ── signedOut, heardEnd ────────▶ signed-out
 *   expired ──── granted ────────────────────▶ signed-in
 *   expired ──── heard, left ────────────────▶ restoring
 *   expired ──── signedOut, heardEnd ────────▶ signed-out
 *   signed-out ─ granted ────────────────────▶ signed-in
 *   signed-out ─ heard, left ────────────────▶ restoring
 * ```
 *
 * `ended` and `changed` are `failed` with `login_required`, the latter because the browser has another
 * session by now;
 * `heard` is another tab's news of a sign-in, `heardEnd` its news that this very session was signed out.
 */
export type AuthState<User = unknown> =
  /** The first question is under way. A session is one that is asked about again: keep it out of sight. */
  | {
      readonly status: 'restoring'
      readonly session: Session<User> | null
      readonly error?: AuthError
      readonly reason?: never
    }
  | { readonly status: 'signed-in'; readonly session: Session<User>; readonly reason?: never }
  /** The session ended by itself: keep the page, so that the same user can sign in again without losing work. */
  | { readonly status: 'expired'; readonly session: Session<User>; readonly reason: EndReason }
  | { readonly status: 'signed-out'; readonly session: null; readonly reason?: EndReason }

/**
 * The whole of what a client knows. The world follows it: a request runs while it is `asking`, an alarm
 * is set for its {@link getNextWakeTime}, and a new `epoch` aborts whatever belongs to the old one.
 *
 * Each function below is one event, from the machine before it to the machine after it. They are pure:
 * no clock, no network, no chance. Moments are milliseconds of the page's own clock.
 */
export interface ClientState<User = unknown> {
  readonly auth: AuthState<User>
  /** Another object for each beginning and each end of a session. */
  readonly epoch: object
  readonly token: AccessToken | null
  /** Whether its own request is under way: for the session while restoring, else for the next token. */
  readonly isFetching: boolean
  /**
   * The one threshold, for the alarm and for whoever asks: from here on the next question is due. The
   * token's own moment, or after a failure the moment of the next try.
   */
  readonly nextFetchAt: number
  /** The failure of the last question, and how many there were in a row. */
  readonly error?: AuthError
  readonly failureCount: number
}

/** What a successful answer brought. */
export interface SessionResult<User = unknown> {
  readonly session: Session<User>
  readonly token: AccessToken | null
}

/** The machine in a state; without an epoch it begins a new one, and what was under way is past. */
export function createClientState<User>(
  auth: AuthState<User>,
  epoch: object = {},
  token: AccessToken | null = null,
): ClientState<User> {
  return { auth, epoch, token, isFetching: false, nextFetchAt: token?.refreshAt ?? Infinity, failureCount: 0 }
}

/** Whether a question about the session has a point: nobody asks for who is known to be gone. */
const canFetch = ({ auth }: ClientState): boolean =>
  auth.status === 'restoring' || auth.status === 'signed-in'

const startFetch = <User>(state: ClientState<User>): ClientState<User> =>
  state.isFetching || !canFetch(state) ? state : { ...state, isFetching: true }

/** The first use of the client, or the page is looked at again: whatever was never asked is asked now. */
export function startFirstFetch<User>(state: ClientState<User>): ClientState<User> {
  return state.token || state.error ? state : startFetch(state)
}

/** The BFF told of a session, after a question or a sign-in. */
export function receiveSession<User>(
  state: ClientState<User>,
  { session, token }: SessionResult<User>,
): ClientState<User> {
  const { auth, epoch } = state
  const old = auth.session
  const isSameSession = auth.status === 'signed-in' && auth.session.id === session.id
  // The old object when the new one says the same, so that nobody who shows it renders again.
  const nextSession = JSON.stringify(old) === JSON.stringify(session) ? (old as Session<User>) : session
  const next: AuthState<User> =
    isSameSession && nextSession === old ? auth : { status: 'signed-in', session: nextSession }
  const nextToken = !token || token.sequence < (state.token?.sequence ?? 0) ? state.token : token
  // A session may come without a token, when none was to be had at the moment.
  return isSameSession
    ? createClientState(next, epoch, nextToken)
    : startFirstFetch(createClientState(next, {}, token))
}

/** The user signed out, here or in another tab. */
export function createSignedOutState<User>(reason: EndReason = 'signed_out'): ClientState<User> {
  return createClientState({ status: 'signed-out', session: null, reason })
}

/**
 * A question to the BFF failed. Only `login_required` ends a session: a page that shows one keeps it, as
 * `expired`; one that is out of sight is gone.
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

/** Another tab said that a session began or ended. */
export function receiveTabMessage<User>(
  state: ClientState<User>,
  { type, sessionId }: TabMessage,
): ClientState<User> {
  const { status, session } = state.auth
  if (type === 'signed-in') return startFetch(resetToRestoring(state))
  // A restore under way may have been answered before the sign-out.
  return status === 'restoring' || session?.id === sessionId
    ? createSignedOutState('signed_out_elsewhere')
    : state
}

/** The page goes into the back-forward cache, or another session may have begun: nothing is shown until the BFF was asked. */
export function resetToRestoring<User>(state: ClientState<User>): ClientState<User> {
  return createClientState({ status: 'restoring', session: state.auth.session })
}

/** The alarm rang, the page was shown, or the network is back (`online`). */
export function startFetchIfDue<User>(
  state: ClientState<User>,
  now: number,
  online: boolean,
): ClientState<User> {
  const { nextFetchAt, error } = state
  return now >= nextFetchAt || (online && error?.code === 'network_error') ? startFetch(state) : state
}

/** Somebody asks for a token; the very one that was rejected is not good enough. */
export function startFetchForToken<User>(
  state: ClientState<User>,
  now: number,
  rejected: AccessToken | null | undefined,
): ClientState<User> {
  const { token, nextFetchAt, error } = state
  const wait = now < nextFetchAt && (error || (token && token !== rejected && now < token.expiresAt))
  return wait ? state : startFetch(state)
}

/** The next moment at which the machine wants to be ticked; `Infinity` when there is none. */
export function getNextWakeTime({ token, isFetching, nextFetchAt }: ClientState, now: number): number {
  // What is due is asked for at once; an expiry that has passed is nothing to wake up for.
  const expiry = token?.expiresAt ?? 0
  return Math.min(isFetching ? Infinity : nextFetchAt, expiry > now ? expiry : Infinity)
}
