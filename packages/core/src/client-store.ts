import type { ClientState, SessionResult, AuthState } from './auth-state.ts'
import { createClientState, receiveError, receiveSession, receiveUnrelatedSession } from './auth-state.ts'
import type { AuthError } from './errors.ts'
import { createLoginRequiredError, createNoPageError, getEndReason } from './errors.ts'
import type { Observers } from './observers.ts'
import { createObservers } from './observers.ts'
import type { Platform } from './platform.ts'
import { getRetryDelaysMs } from './retry.ts'
import type { SessionRequests } from './session-requests.ts'

/** The state of a client, and the effects that follow from it. */
export interface ClientStore<User> extends Pick<Observers, 'createSubscribe'> {
  readonly getState: () => ClientState<User>
  readonly getAuth: () => AuthState<User>
  /** Handles an event: a function of auth-state.ts. */
  readonly apply: <Args extends readonly unknown[]>(
    event: (state: ClientState<User>, ...args: Args) => ClientState<User>,
    ...args: Args
  ) => void
  /** Returns the signal that aborts everything that belongs to the current session when that ends. */
  readonly getSessionSignal: () => AbortSignal
  /**
   * Fetches the session beside the requests that the state causes.
   *
   * @throws {AuthError} when the state cannot change
   */
  readonly fetchAgain: (path?: string) => Promise<SessionResult<User>>
  readonly waitForChange: (signal?: AbortSignal | null) => Promise<void>
  /** Ends the store: its state never changes again. */
  readonly dispose: () => void
  /** Whether the state can change: not on a server that renders, and not after {@link dispose}. */
  readonly isActive: () => boolean
  /** @throws {AuthError} when the state cannot change */
  readonly assertActive: () => void
}

/** @param scheduleWake called after every change */
export function createClientStore<User>(
  platform: Platform,
  initialState: AuthState<User>,
  now: () => number,
  requests: SessionRequests<User>,
  scheduleWake: () => void,
  onFirstObserver: () => void,
  onLastObserver: () => void,
): ClientStore<User> {
  let state: ClientState<User> = createClientState(initialState)
  let sessionController = new AbortController()
  let isActive = Boolean(platform.document)
  const { createSubscribe, notify } = createObservers(() => isActive && onFirstObserver(), onLastObserver)

  const setState = (next: ClientState<User>): void => {
    const previous = state
    state = next
    const epochChanged = next.epoch !== previous.epoch
    if (epochChanged) {
      sessionController.abort(createLoginRequiredError(next.auth.reason ?? 'session_changed'))
      sessionController = new AbortController()
    }
    if (next.isFetching && (epochChanged || !previous.isFetching))
      void applyResult(requests.fetchNext(next, sessionController.signal), true)
    scheduleWake()
    notify()
  }

  /** Drops the result when its session ended meanwhile, which its signal shows. */
  const applyResult = (
    request: Promise<SessionResult<User>>,
    isForState = false,
    { signal } = sessionController,
  ): Promise<unknown> =>
    request.then(
      (result) =>
        signal.aborted || setState((isForState ? receiveSession : receiveUnrelatedSession)(state, result)),
      (error: AuthError) => {
        if (signal.aborted || !(isForState || getEndReason(error))) return
        const [timerDelay, callerDelay] = getRetryDelaysMs(error, state.failureCount, platform.Math.random())
        setState(receiveError(state, error, now() + timerDelay, now() + callerDelay))
      },
    )

  const assertActive = (): void => {
    if (!isActive) throw platform.document ? createLoginRequiredError('session_changed') : createNoPageError()
  }

  return {
    createSubscribe,
    getState: () => state,
    getAuth: () => state.auth,
    apply: (event, ...args) => setState(event(state, ...args)),
    getSessionSignal: () => sessionController.signal,
    fetchAgain: (path) => {
      assertActive()
      const request = requests.fetchSession(sessionController.signal, path)
      void applyResult(request)
      return request
    },
    waitForChange: (signal) => {
      const done = new AbortController()
      return new Promise<void>((resolve, reject) => {
        const unsubscribe = createSubscribe(() => state)(() => resolve())
        done.signal.addEventListener('abort', unsubscribe)
        signal?.addEventListener('abort', () => reject(signal.reason), done)
      }).finally(() => done.abort())
    },
    dispose: () => {
      // First, so that what listeners call now rejects.
      isActive = false
      setState({ ...createClientState(state.auth), error: createLoginRequiredError('session_changed') })
    },
    isActive: () => isActive,
    assertActive,
  }
}
