import type { SessionResponse, SignInRequest, TokenRequest } from '@latchkey/wire'
import { defaultBasePath, sessionPath, tokenPath } from '@latchkey/wire'
import { diagnosis } from '#diagnosis'
import type { AuthClient, AuthClientOptions } from './auth-client.ts'
import type { WithToken } from './authorized-fetch.ts'
import { createAuthorizedFetch, isTokenRejected, parseOrigin } from './authorized-fetch.ts'
import { browserPlatform } from './browser.ts'
import { createClock } from './clock.ts'
import { sendBffRequest } from './bff-request.ts'
import type { AuthError } from './errors.ts'
import { createLoginRequiredError } from './errors.ts'
import type { TabChannel } from './platform.ts'
import { combineSignals, tryOrUndefined } from './platform.ts'
import { getRetryDelayMs } from './retry.ts'
import type { SessionResult, ClientState, TabMessage } from './auth-state.ts'
import {
  receiveError,
  receiveSession,
  receiveTabMessage,
  resetToRestoring,
  createClientState,
  getNextWakeTime,
  createSignedOutState,
  startFirstFetch,
  startFetchIfDue,
  startFetchForToken,
} from './auth-state.ts'
import { createAccessToken, proxyModeToken } from './token.ts'
import { parseUser } from './user.ts'
import { listenToPage } from './page-events.ts'

/**
 * Creates the auth client of a page. Create one, in a separate module and not during render, and use it inside and
 * outside React.
 *
 * The client starts at its first use. While it has a subscriber (an `AuthProvider` is one) it refreshes the token before
 * that expires, synchronizes with other tabs, and checks the token when the page becomes visible. Without a subscriber
 * it refreshes only when a caller needs a token. During server rendering it returns its initial state and sends no
 * request.
 *
 * @throws {AuthError} `invalid_request` when an entry of `allow` is not an origin
 *
 * @example
 * // src/auth.ts
 * export const auth = createAuthClient({
 *   user: z.object({ username: z.string() }),
 *   allow: ['https://api.example.com'],
 * })
 */
export function createAuthClient<User = unknown>({
  basePath = defaultBasePath,
  user: schema,
  allow = [],
  rejectsToken = isTokenRejected,
  initialState = { status: 'restoring', session: null },
  onExpired,
  platform = browserPlatform,
}: AuthClientOptions<User> = {}): AuthClient<User> {
  /** The name of the channel between tabs, and the storage key of a sign-out that the BFF has not confirmed. */
  const name = `latchkey:${basePath}`
  const now = createClock(platform)
  const observers = new Set<() => Promise<void>>()
  let state: ClientState<User> = createClientState(initialState)
  /** Aborts everything that belongs to the current session. */
  let sessionController = new AbortController()
  let isDormant = Boolean(platform.document)
  let pageListeners: AbortController | undefined
  let tabChannel: TabChannel | undefined
  let timer: unknown
  let signingIn: AbortController | undefined
  let signingOut: Promise<unknown> | undefined
  /** The latest response of the BFF, which contains the mode and how users sign in. */
  let latestResponse: SessionResponse | undefined

  // The state, and the effects that follow from it.

  const setState = (next: ClientState<User>): void => {
    const previous = state
    state = next
    const epochChanged = next.epoch !== previous.epoch
    if (epochChanged) {
      sessionController.abort(createLoginRequiredError(next.auth.reason ?? 'session_changed'))
      sessionController = new AbortController()
    }
    if (next.isFetching && (epochChanged || !previous.isFetching)) void applyResult(fetchNext())
    scheduleWake()
    for (const observer of observers) void observer()
  }

  /** Drops the result when its session ended meanwhile, which its signal shows. */
  const applyResult = (
    request: Promise<SessionResult<User>>,
    { signal } = sessionController,
  ): Promise<unknown> =>
    request.then(
      (result) => signal.aborted || setState(receiveSession(state, result)),
      (error: AuthError) =>
        signal.aborted ||
        setState(
          receiveError(
            state,
            error,
            now() + getRetryDelayMs(error, state.failureCount, platform.Math.random()),
          ),
        ),
    )

  /** A hidden tab sets no timer: it fetches when it becomes visible, or when a caller needs a token. */
  const scheduleWake = (): void => {
    platform.clearTimeout(timer as never)
    const delay =
      pageListeners && !platform.document.hidden ? getNextWakeTime(state, now()) - now() : Infinity
    // A delay of more than 31 bits would fire at once.
    if (delay < Infinity) timer = platform.setTimeout(wake, Math.min(delay, 2 ** 31 - 1))
  }

  const onPageEvent = (event: Event): void => {
    // The page enters or leaves the back-forward cache, where its session may end: hide it until it is confirmed.
    if ((event as PageTransitionEvent).persisted) setState(resetToRestoring(state))
    if (platform.document.hidden || event.type === 'pagehide') scheduleWake()
    else wake(event)
  }

  const createSubscribe =
    <T>(read: () => T) =>
    (listener: (value: T, previous: T) => void): (() => void) => {
      let lastValue = read()
      // Async, so that an error of a listener is reported and does not stop the other listeners.
      const observer = async (): Promise<void> => {
        const previous = lastValue
        lastValue = read()
        if (lastValue !== previous) listener(lastValue, previous)
      }
      observers.add(observer)
      if (!pageListeners) {
        pageListeners = new AbortController()
        tabChannel = listenToPage(
          platform,
          name,
          pageListeners.signal,
          (message) => setState(receiveTabMessage(state, message)),
          onPageEvent,
        )
        wake()
      }
      return () => {
        if (observers.delete(observer) && !observers.size) stopListening()
      }
    }

  const stopListening = (): void => {
    pageListeners?.abort()
    tabChannel?.close()
    pageListeners = tabChannel = undefined
    scheduleWake()
  }

  const waitForChange = (signal?: AbortSignal | null): Promise<void> => {
    let finish: () => void
    return new Promise<void>((resolve, reject) => {
      finish = createSubscribe(() => state)(() => resolve())
      signal?.addEventListener('abort', () => reject(signal.reason))
    }).finally(() => finish())
  }

  // Requests to the BFF.

  const fetchSession = async (
    path: string,
    signal: AbortSignal,
    body?: SignInRequest | TokenRequest,
  ): Promise<SessionResult<User>> => {
    const sentAt = now()
    try {
      latestResponse = await sendBffRequest(platform, body ? 'POST' : 'GET', basePath, path, signal, body)
      const { session, mode } = latestResponse
      if (!session) throw createLoginRequiredError('no_session')
      const token = mode === 'proxy' ? proxyModeToken : latestResponse.token
      return {
        token: token ? createAccessToken(token, sentAt) : null,
        session: {
          id: session.session_id,
          subject: session.subject,
          user: await parseUser(schema, session.user),
          scope: session.scope,
        },
      }
    } finally {
      signal.throwIfAborted()
    }
  }

  const restore = (): Promise<SessionResult<User>> => fetchSession(sessionPath, sessionController.signal)

  const fetchNext = ({ auth, token } = state): Promise<SessionResult<User>> =>
    // In proxy mode there is no token to fetch: the client asks only whether the session still exists.
    latestResponse?.mode === 'proxy' || auth.status !== 'signed-in'
      ? restore()
      : fetchSession(tokenPath, sessionController.signal, {
          session_id: auth.session.id,
          after: token?.sequence ?? 0,
        })

  const sendSignOut = (query: string): void => {
    // After a failure the pending sign-out stays stored, and the next page load or `online` event repeats it.
    const response = sendBffRequest(platform, 'DELETE', basePath, sessionPath + query)
    signingOut = Promise.all([signingOut, response.then(clearPendingSignOut, () => {})])
  }

  const clearPendingSignOut = (): void => tryOrUndefined(() => platform.localStorage.removeItem(name))

  /** Starts the client, repeats a sign-out that the BFF has not confirmed, and sends the request that is due. */
  const wake = (event?: Event): void => {
    const pendingSignOut = tryOrUndefined(() => platform.localStorage.getItem(name))
    if (pendingSignOut == null) setState(startFirstFetch(state))
    else {
      if (state.auth.status !== 'signed-out') setState(createSignedOutState())
      // Not during a sign-in: the response could clear the new cookie.
      if (!signingIn) sendSignOut(pendingSignOut)
    }
    isDormant = false
    setState(startFetchIfDue(state, now(), event?.type === 'online'))
  }

  const withToken: WithToken = async (use, signal, rejectedToken) => {
    if (isDormant) wake()
    const initialSession = state.auth.session
    for (let fetchedEpoch: object | undefined; ;) {
      signal?.throwIfAborted()
      const next = startFetchForToken(state, now(), rejectedToken)
      if (next !== state && fetchedEpoch !== next.epoch) setState(next)
      const { auth, epoch, token, isFetching, error } = state
      if (auth.status === 'signed-in') {
        // A request that one user started must not use another user's token.
        if ((initialSession ?? auth.session).subject !== auth.session.subject)
          throw createLoginRequiredError('session_changed')
        // The newest token may be the rejected one, or one that has already expired.
        if (token && ((token !== rejectedToken && now() < token.expiresAt) || (!isFetching && !error)))
          return use(token, sessionController.signal) as never
      }
      if (!isFetching && !(onExpired === 'hold' && auth.status === 'expired'))
        throw error ?? createLoginRequiredError(auth.reason)
      fetchedEpoch = epoch
      await waitForChange(signal)
    }
  }

  const getTokenValue = (): string | null => {
    const { token } = state
    return token?.access_token && now() < token.expiresAt ? token.access_token : null
  }

  /** Browsers drop cookies silently, and in token mode the page then works until its next load. */
  const checkCookie = async (sessionId: string): Promise<void> => {
    if (!platform.console) return
    const response = await sendBffRequest(platform, 'GET', basePath, `${sessionPath}?peek`).catch(() => null)
    const { status, session } = state.auth
    if (response?.session === null && status === 'signed-in' && session.id === sessionId)
      diagnosis?.reportLostCookie(platform)
  }

  diagnosis?.registerClient(platform, basePath)

  return {
    getState: () => state.auth,
    getInitialState: () => initialState,
    subscribe: createSubscribe(() => state.auth),
    accessToken: {
      get: getTokenValue,
      secondsLeft: () => ((state.token?.expiresAt ?? 0) - now()) / 1000,
      subscribe: createSubscribe(getTokenValue),
    },

    ready: async () => {
      if (isDormant) wake()
      while (platform.document && state.auth.status === 'restoring') await waitForChange()
      return state.auth
    },

    signIn: async (credentials, { signal, ...options } = {}) => {
      signingIn?.abort()
      const attempt = (signingIn = new AbortController())
      // The responses to pending sign-outs would clear the cookie of this sign-in.
      await signingOut
      const result = await fetchSession(sessionPath, combineSignals(attempt.signal, signal), {
        credentials,
        ...options,
      }).finally(() => {
        if (signingIn === attempt) signingIn = undefined
      })
      clearPendingSignOut()
      setState(receiveSession(state, result))
      tabChannel?.postMessage({ type: 'signed-in', sessionId: result.session.id } satisfies TabMessage)
      if (diagnosis) void checkCookie(result.session.id)
      return result.session
    },

    signOut: async ({ everywhere } = {}) => {
      signingIn?.abort()
      const { status, session } = state.auth
      // The request names the session, so that it cannot end a later one if it is delayed. While restoring, the session
      // is unknown, and the request ends whichever there is.
      const id = (status !== 'restoring' && session?.id) || ''
      const query = `?session_id=${id}${everywhere ? '&everywhere' : ''}`
      tryOrUndefined(() => platform.localStorage.setItem(name, query))
      setState(createSignedOutState())
      if (session) tabChannel?.postMessage({ type: 'signed-out', sessionId: session.id } satisfies TabMessage)
      sendSignOut(query)
    },

    extend: async () => {
      if (state.auth.status === 'signed-out') throw createLoginRequiredError(state.auth.reason)
      const request = restore()
      void applyResult(request)
      return (await request).session
    },

    fetch: createAuthorizedFetch(platform, allow.map(parseOrigin), withToken, rejectsToken),

    getAccessToken: ({ forceRefresh, signal } = {}) =>
      withToken(({ access_token }) => access_token, signal, forceRefresh ? state.token : null),

    signInMethods: () => latestResponse?.sign_in ?? null,

    dispose: () => {
      diagnosis?.unregisterClient(platform, basePath)
      stopListening()
      setState({ ...createClientState(state.auth), error: createLoginRequiredError('session_changed') })
    },
  }
}
