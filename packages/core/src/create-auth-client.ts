import { defaultBasePath, sessionPath } from '@latchkey/wire'
import { diagnosis } from '#diagnosis'
import type { AuthClient, AuthClientOptions } from './auth-client.ts'
import type { AuthState, SessionResult, TabMessage } from './auth-state.ts'
import {
  createSignedOutState,
  getNextWakeTime,
  receiveError,
  receiveSession,
  receiveTabMessage,
  resetToRestoring,
  startFetchIfDue,
  startFirstFetch,
} from './auth-state.ts'
import { createAuthorizedFetch, isTokenRejected, parseOrigin } from './authorized-fetch.ts'
import { sendBffRequest } from './bff-request.ts'
import { browserPlatform } from './browser.ts'
import { createClientStore } from './client-store.ts'
import { createClock } from './clock.ts'
import type { AuthError } from './errors.ts'
import { createLoginRequiredError, createNoPageError } from './errors.ts'
import { createPageEvents } from './page-events.ts'
import { combineSignals } from './platform.ts'
import { createSessionRequests } from './session-requests.ts'
import { createSignOuts } from './sign-outs.ts'
import { createWithToken } from './with-token.ts'

/**
 * Creates the auth client of a page. Create one, in a separate module and not during render, and use it inside and
 * outside React.
 *
 * The client starts at its first use. While it has a subscriber (an `AuthProvider` is one) it refreshes the token before
 * that expires, synchronizes with other tabs, and checks the token when the page becomes visible. Without a subscriber
 * it refreshes only when a caller needs a token. During server rendering it returns its initial state, and every call
 * that needs a browser rejects.
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
  initialState,
  onExpired,
  platform = browserPlatform,
}: AuthClientOptions<User> = {}): AuthClient<User> {
  const firstState: AuthState<User> = initialState ?? { status: 'restoring', session: null }
  const now = createClock(platform)
  let isDormant = true
  let timer: unknown
  let signingIn: AbortController | undefined
  let readyPromise: Promise<AuthState<User>>
  /** The state for which there is a promise; one promise stands for all states that are `restoring`. */
  let readyState: unknown

  /** Starts the client, continues a sign-out that the BFF has not confirmed, and sends the request that is due. */
  const wake = (online = false): void => {
    isDormant = false
    const endedId = signOuts.getSessionId()
    const { status, session } = getAuth()
    if (endedId) requests.dropSession(endedId)
    if (endedId === undefined || (endedId && session && session.id !== endedId)) store.apply(startFirstFetch)
    else if (status !== 'signed-out') store.apply(() => createSignedOutState())
    // Not during a sign-in, which replaces the session anyway.
    if (!signingIn) signOuts.sendIfDue(online)
    store.apply(startFetchIfDue, now(), online)
  }

  const scheduleWake = (): void => {
    platform.clearTimeout(timer as never)
    const time = now()
    // A hidden tab fetches when it becomes visible, or when a caller needs a token.
    const isActive = page.isListening() && !platform.document.hidden
    const fetchAt = isActive ? getNextWakeTime(store.getState(), time) : Infinity
    const delay = Math.min(fetchAt, signingIn ? Infinity : signOuts.getNextTime()) - time
    // A delay of more than 31 bits would fire at once.
    if (delay < Infinity && store.isActive())
      timer = platform.setTimeout(() => wake(), Math.min(delay, 2 ** 31 - 1))
  }

  /** Fetches the session beside the requests that the state causes. */
  const askAgain = (path?: string): Promise<SessionResult<User>> => {
    const request = requests.fetchSession(store.getSessionSignal(), path)
    void store.applyResult(request)
    return request
  }

  const fetchMissedMessages = (): void => {
    if (page.hasMissedMessages() && !store.getState().isFetching && signOuts.getSessionId() === undefined)
      void askAgain(`${sessionPath}?peek`)
  }

  const onPageEvent = (event: Event): void => {
    // The page enters or leaves the back-forward cache, where its session may end: hide it until it is confirmed.
    if ((event as PageTransitionEvent).persisted) store.apply(resetToRestoring)
    if (platform.document.hidden || event.type === 'pagehide') return scheduleWake()
    wake(event.type === 'online')
    fetchMissedMessages()
  }

  const onTabMessage = (message: TabMessage): void => {
    if (message.type === 'signed-in') signOuts.cancel()
    else requests.dropSession(message.sessionId)
    // The user signed out after this sign-in began.
    if (message.type === 'signed-out' && signingIn) void signOut()
    else store.apply(receiveTabMessage, message)
  }

  const endSession = (sessionId: string, everywhere?: boolean): void => {
    page.post({ type: 'signed-out', sessionId })
    signOuts.request(sessionId, everywhere)
  }

  const onSignOutConfirmed = (sessionId: string, isAdopted: boolean): void => {
    if (!store.isActive()) return
    page.post({ type: 'ended', sessionId })
    // The page was loaded after the sign-out, perhaps with a later session.
    if (isAdopted && getAuth().status === 'signed-out') void askAgain()
  }

  const requests = createSessionRequests(platform, basePath, schema, now, firstState.session, endSession)
  const page = createPageEvents(platform, `latchkey:${basePath}`, now, onTabMessage, onPageEvent)
  const signOuts = createSignOuts(platform, basePath, now, onSignOutConfirmed, scheduleWake)
  const store = createClientStore(
    platform,
    firstState,
    now,
    requests.fetchNext,
    scheduleWake,
    () => {
      if (!store.isActive()) return
      page.start()
      wake()
      fetchMissedMessages()
    },
    () => {
      page.stop()
      scheduleWake()
    },
  )

  const getAuth = (): AuthState<User> => store.getState().auth

  const assertUsable = (): void => {
    if (!store.isActive())
      throw platform.document ? createLoginRequiredError('session_changed') : createNoPageError()
  }

  const start = (): void => {
    assertUsable()
    if (isDormant) wake()
  }

  const waitUntilRestored = async (): Promise<AuthState<User>> => {
    if (!platform.document && initialState) return initialState
    for (start(); getAuth().status === 'restoring'; assertUsable()) await store.waitForChange()
    const auth = getAuth()
    readyState = auth
    return auth
  }

  const signIn: AuthClient<User>['signIn'] = async (credentials, { signal, ...options } = {}) => {
    assertUsable()
    signingIn?.abort()
    const attempt = (signingIn = new AbortController())
    signOuts.pause()
    const body = { credentials, ...options }
    try {
      const result = await requests.fetchSession(combineSignals(attempt.signal, signal), sessionPath, body)
      signOuts.cancel()
      store.apply(receiveSession, result)
      page.post({ type: 'signed-in', sessionId: result.session.id })
      if (diagnosis) void checkCookie(result.session.id)
      return result.session
    } catch (error) {
      if ((error as AuthError).reason === 'user_rejected')
        store.apply(receiveError, error as AuthError, Infinity)
      throw error
    } finally {
      if (signingIn === attempt) signingIn = undefined
      scheduleWake()
    }
  }

  const signOut: AuthClient<User>['signOut'] = async ({ everywhere } = {}) => {
    const { status, session } = getAuth()
    if (!store.isActive() || (status === 'signed-out' && !signingIn)) return
    if (session) requests.dropSession(session.id)
    // While restoring and during a sign-in the session is unknown: the request ends whichever there is.
    const sessionId = (status !== 'restoring' && !signingIn && session?.id) || ''
    signingIn?.abort()
    signingIn = undefined
    store.apply(() => createSignedOutState())
    endSession(sessionId, everywhere)
  }

  const getTokenValue = (): string | null => {
    const { token } = store.getState()
    return token?.access_token && now() < token.expiresAt ? token.access_token : null
  }

  const getSessionEnd = (): number | null =>
    getAuth().status === 'signed-in' ? requests.getSessionEnd() : null

  /** Browsers drop cookies silently, and in token mode the page then works until its next load. */
  const checkCookie = async (sessionId: string): Promise<void> => {
    if (!platform.console) return
    const response = await sendBffRequest(platform, 'GET', basePath, `${sessionPath}?peek`).catch(() => null)
    const { status, session } = getAuth()
    if (response?.session === null && status === 'signed-in' && session.id === sessionId)
      diagnosis?.reportLostCookie(platform)
  }

  const createExpiringStore = <T>(get: () => T, getEnd: () => number) => ({
    get,
    secondsLeft: () => (getEnd() - now()) / 1000,
    subscribe: store.createSubscribe(get),
  })

  const withToken = createWithToken(store, now, start, onExpired === 'hold')
  diagnosis?.registerClient(platform, basePath)

  return {
    getState: getAuth,
    getInitialState: () => firstState,
    subscribe: store.createSubscribe(getAuth),
    accessToken: createExpiringStore(getTokenValue, () => store.getState().token?.expiresAt ?? 0),
    sessionEnd: createExpiringStore(getSessionEnd, () => getSessionEnd() ?? Infinity),
    ready: () => {
      const auth = getAuth()
      const key = auth.status === 'restoring' ? 'restoring' : auth
      if (readyState !== key) {
        readyState = key
        readyPromise = waitUntilRestored()
        // A caller that does not wait for it must not end a server that renders.
        readyPromise.catch(() => {})
      }
      return readyPromise
    },
    signIn,
    signOut,
    extend: async () => {
      assertUsable()
      const { status, reason } = getAuth()
      if (status === 'signed-out') throw createLoginRequiredError(reason)
      return (await askAgain()).session
    },
    fetch: createAuthorizedFetch(platform, allow.map(parseOrigin), withToken, rejectsToken),
    getAccessToken: ({ forceRefresh, signal } = {}) =>
      withToken(({ access_token }) => access_token, signal, forceRefresh ? store.getState().token : null),
    signInMethods: () => requests.getLatest()?.sign_in ?? null,
    dispose: () => {
      diagnosis?.unregisterClient(platform, basePath)
      signingIn?.abort()
      page.stop()
      store.dispose()
      scheduleWake()
    },
  }
}
