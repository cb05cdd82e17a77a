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
 * Creates the one object that knows the session: make it once, outside React, and use it anywhere.
 *
 * It starts with its first use and works for as long as somebody is subscribed (an `AuthProvider` is):
 * then it keeps one alarm, talks with other tabs, and looks at its token when the page is shown. With
 * nobody subscribed it refreshes when it is asked for something. On a server that renders it shows its
 * initial state and asks nothing.
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
  /** Of the channel between tabs, and of the note about a sign-out that the BFF has not heard of. */
  const name = `latchkey:${basePath}`
  const now = createClock(platform)
  const observers = new Set<() => Promise<void>>()
  let state: ClientState<User> = createClientState(initialState)
  /** Aborts what belongs to the session of now. */
  let sessionController = new AbortController()
  let isDormant = Boolean(platform.document)
  let pageListeners: AbortController | undefined
  let tabChannel: TabChannel | undefined
  let timer: unknown
  let signingIn: AbortController | undefined
  let signingOut: Promise<unknown> | undefined
  /** The latest response of the BFF: it tells the mode and how users sign in. */
  let bff: SessionResponse | undefined

  // The machine, and the world that follows it.

  const setState = (next: ClientState<User>): void => {
    const before = state
    state = next
    const epochChanged = next.epoch !== before.epoch
    if (epochChanged) {
      sessionController.abort(createLoginRequiredError(next.auth.reason ?? 'session_changed'))
      sessionController = new AbortController()
    }
    if (next.isFetching && (epochChanged || !before.isFetching)) void applyResult(fetchNext())
    scheduleWake()
    for (const observer of observers) void observer()
  }

  /** A late answer belongs to a session that is over: its signal says so, and it is dropped. */
  const applyResult = (
    response: Promise<SessionResult<User>>,
    { signal } = sessionController,
  ): Promise<unknown> =>
    response.then(
      (grant) => signal.aborted || setState(receiveSession(state, grant)),
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

  /** A hidden tab sets no alarm: it looks when it is shown, or when somebody in it asks. */
  const scheduleWake = (): void => {
    platform.clearTimeout(timer as never)
    const delay =
      pageListeners && !platform.document.hidden ? getNextWakeTime(state, now()) - now() : Infinity
    // A longer delay than 31 bits hold would ring at once.
    if (delay < Infinity) timer = platform.setTimeout(wake, Math.min(delay, 2 ** 31 - 1))
  }

  const onPageEvent = (event: Event): void => {
    // Into the back-forward cache or out of it: what a page shows must not outlive its session there.
    if ((event as PageTransitionEvent).persisted) setState(resetToRestoring(state))
    if (platform.document.hidden || event.type === 'pagehide') scheduleWake()
    else wake(event)
  }

  const createSubscribe =
    <T>(read: () => T) =>
    (listener: (value: T, before: T) => void): (() => void) => {
      let lastValue = read()
      // Asynchronous only in that what a listener throws is reported, and stops nobody else.
      const observer = async (): Promise<void> => {
        const before = lastValue
        lastValue = read()
        if (lastValue !== before) listener(lastValue, before)
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

  // Questions to the BFF.

  const fetchSession = async (
    path: string,
    signal: AbortSignal,
    body?: SignInRequest | TokenRequest,
  ): Promise<SessionResult<User>> => {
    const sentAt = now()
    try {
      bff = await sendBffRequest(platform, body ? 'POST' : 'GET', basePath, path, signal, body)
      const { session, mode } = bff
      if (!session) throw createLoginRequiredError('no_session')
      const token = mode === 'proxy' ? proxyModeToken : bff.token
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
    // In proxy mode there is no token to fetch, only the question whether the session still exists.
    bff?.mode === 'proxy' || auth.status !== 'signed-in'
      ? restore()
      : fetchSession(tokenPath, sessionController.signal, {
          session_id: auth.session.id,
          after: token?.sequence ?? 0,
        })

  const sendSignOut = (query: string): void => {
    // The note stays when this fails: the next page load or the network's return carries on.
    const response = sendBffRequest(platform, 'DELETE', basePath, sessionPath + query)
    signingOut = Promise.all([signingOut, response.then(clearPendingSignOut, () => {})])
  }

  const clearPendingSignOut = (): void => tryOrUndefined(() => platform.localStorage.removeItem(name))

  /** Starts, carries on with a sign-out that the BFF has not heard of, and asks what is due. */
  const wake = (event?: Event): void => {
    const pendingSignOut = tryOrUndefined(() => platform.localStorage.getItem(name))
    if (pendingSignOut == null) setState(startFirstFetch(state))
    else {
      if (state.auth.status !== 'signed-out') setState(createSignedOutState())
      // During a sign-in its answer might clear the new cookie.
      if (!signingIn) sendSignOut(pendingSignOut)
    }
    isDormant = false
    setState(startFetchIfDue(state, now(), event?.type === 'online'))
  }

  const withToken: WithToken = async (use, signal, rejected) => {
    if (isDormant) wake()
    const initialSession = state.auth.session
    for (let fetchedEpoch: object | undefined; ;) {
      signal?.throwIfAborted()
      const next = startFetchForToken(state, now(), rejected)
      if (next !== state && fetchedEpoch !== next.epoch) setState(next)
      const { auth, epoch, token, isFetching, error } = state
      if (auth.status === 'signed-in') {
        // What one user asked for is never answered with another one's token.
        if ((initialSession ?? auth.session).subject !== auth.session.subject)
          throw createLoginRequiredError('session_changed')
        // The newest there is may be the very one that was rejected, or one that lives for no time at all.
        if (token && ((token !== rejected && now() < token.expiresAt) || (!isFetching && !error)))
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

  /** Browsers drop a cookie without a word, and in token mode the page works until its next load. */
  const checkCookie = async (sessionId: string): Promise<void> => {
    if (!platform.console) return
    const response = await sendBffRequest(platform, 'GET', basePath, `${sessionPath}?peek`).catch(() => null)
    const { status, session } = state.auth
    if (response?.session === null && status === 'signed-in' && session.id === sessionId)
      diagnosis?.cookieLost(platform)
  }

  diagnosis?.clientCreated(platform, basePath)

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

    signIn: async (credentials, { signal, ...more } = {}) => {
      signingIn?.abort()
      const attempt = (signingIn = new AbortController())
      // Their answers would clear the cookie that this sign-in is about to be given.
      await signingOut
      const response = await fetchSession(sessionPath, combineSignals(attempt.signal, signal), {
        credentials,
        ...more,
      }).finally(() => {
        if (signingIn === attempt) signingIn = undefined
      })
      clearPendingSignOut()
      setState(receiveSession(state, response))
      tabChannel?.postMessage({ type: 'signed-in', sessionId: response.session.id } satisfies TabMessage)
      if (diagnosis) void checkCookie(response.session.id)
      return response.session
    },

    signOut: async ({ everywhere } = {}) => {
      signingIn?.abort()
      const { status, session: ended } = state.auth
      // It may come late: then it must not end the session of who has signed in since. A page that does
      // not know yet whose session it is means whichever there is.
      const id = (status !== 'restoring' && ended?.id) || ''
      const query = `?session_id=${id}${everywhere ? '&everywhere' : ''}`
      tryOrUndefined(() => platform.localStorage.setItem(name, query))
      setState(createSignedOutState())
      if (ended) tabChannel?.postMessage({ type: 'signed-out', sessionId: ended.id } satisfies TabMessage)
      sendSignOut(query)
    },

    extend: async () => {
      if (state.auth.status === 'signed-out') throw createLoginRequiredError(state.auth.reason)
      const response = restore()
      void applyResult(response)
      return (await response).session
    },

    fetch: createAuthorizedFetch(platform, allow.map(parseOrigin), withToken, rejectsToken),

    getAccessToken: ({ forceRefresh, signal } = {}) =>
      withToken(({ access_token }) => access_token, signal, forceRefresh ? state.token : null),

    signInMethods: () => bff?.sign_in ?? null,

    dispose: () => {
      diagnosis?.clientDisposed(platform, basePath)
      stopListening()
      setState({ ...createClientState(state.auth), error: createLoginRequiredError('session_changed') })
    },
  }
}
