import { defaultBasePath, sessionPath } from '@latchkey/wire'
import { diagnosis } from '#diagnosis'
import type { AuthClient, AuthClientOptions } from './auth-client.ts'
import type { TabMessage } from './auth-state.ts'
import { createSignedOutState, getNextWakeTime, receiveTabMessage } from './auth-state.ts'
import { resetToRestoring, startFetchIfDue, startFirstFetch } from './auth-state.ts'
import { createAuthorizedFetch, isTokenRejected, parseOrigin } from './authorized-fetch.ts'
import { browserPlatform } from './browser.ts'
import { checkCookie } from './check-cookie.ts'
import { createClientStore } from './client-store.ts'
import { createClock } from './clock.ts'
import type { AuthError } from './errors.ts'
import { createLoginRequiredError } from './errors.ts'
import { createPageEvents } from './page-events.ts'
import { createReady } from './ready.ts'
import { createSessionActions } from './session-actions.ts'
import { createSessionRequests } from './session-requests.ts'
import { createSignOuts } from './sign-outs.ts'
import { parseInitialState } from './user.ts'
import { createValueStores } from './value-stores.ts'
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
  const firstState = parseInitialState(schema, initialState)
  const now = createClock(platform)
  let isDormant = true
  /** Whether a response was lost, so that the browser may have a session that no page knows. */
  let isUncertain = false
  let timer: unknown

  /** Continues a sign-out that the BFF has not confirmed, and sends the request that is due. */
  const wake = (online = false): void => {
    isDormant = false
    const endedId = signOuts.getSessionId()
    const { status, session } = store.getAuth()
    if (endedId) requests.droppedSessions.add(endedId)
    if (endedId === undefined || (endedId && session && session.id !== endedId)) store.apply(startFirstFetch)
    else if (status !== 'signed-out') store.apply(() => createSignedOutState())
    // Not during a sign-in, which replaces the session anyway.
    if (!actions.isSigningIn()) signOuts.sendIfDue(online)
    store.apply(startFetchIfDue, now(), online)
  }

  const start = (): void => {
    store.assertActive()
    if (isDormant) wake()
  }

  const scheduleWake = (): void => {
    platform.clearTimeout(timer as never)
    const time = now()
    // A hidden tab fetches when it becomes visible, or when a caller needs a token.
    const isVisible = page.isListening() && !platform.document.hidden
    const fetchAt = isVisible ? getNextWakeTime(store.getState(), time) : Infinity
    const delay = Math.min(fetchAt, actions.isSigningIn() ? Infinity : signOuts.getNextTime()) - time
    // A delay of more than 31 bits would fire at once.
    if (delay < Infinity && store.isActive())
      timer = platform.setTimeout(() => wake(), Math.min(delay, 2 ** 31 - 1))
  }

  const onPageEvent = (event: Event): void => {
    // The page enters or leaves the back-forward cache, where its session may end: hide it until it is confirmed.
    if ((event as PageTransitionEvent).persisted) store.apply(resetToRestoring)
    if (platform.document.hidden || event.type === 'pagehide') return scheduleWake()
    wake(event.type === 'online')
    fetchMissedMessages()
  }

  const onTabMessage = (message: TabMessage): void => {
    const isSignIn = message.type === 'signed-in'
    // A late message: the user has signed out of this session since.
    if (isSignIn && requests.droppedSessions.has(message.sessionId)) return
    if (isSignIn) signOuts.cancel(true)
    else requests.droppedSessions.add(message.sessionId)
    // The user signed out after this sign-in began.
    if (message.type === 'signed-out' && actions.isSigningIn()) void actions.signOut()
    // A sign-out without a session id that is still stored came after the sign-in, and ends that session too.
    else if (!isSignIn || signOuts.getSessionId() !== '') store.apply(receiveTabMessage, message)
  }

  const fetchMissedMessages = (wasFetching?: boolean): void => {
    // A request that ran before may be older than what the page has missed.
    const isDue = (!wasFetching && page.hasMissedMessages()) || isUncertain
    // A sign-out without a session id ends whichever session there is.
    const canShow = signOuts.getSessionId() !== '' && !store.getState().isFetching
    if (isDue && canShow && store.isActive())
      store.fetchAgain(`${sessionPath}?peek`).then(
        ({ session }) => {
          if (isUncertain) page.post({ type: 'signed-in', sessionId: session.id })
          isUncertain = false
        },
        ({ retryable, reason }: AuthError) => {
          // `session_changed`: the page dropped the request, for example because it left the back-forward cache.
          isUncertain = retryable || (isUncertain && reason === 'session_changed')
        },
      )
  }

  const onSignOutConfirmed = (sessionId: string, isAdopted: boolean): void => {
    if (!store.isActive()) return
    page.post({ type: 'ended', sessionId })
    // The page was loaded after the sign-out, perhaps with a later session; or it has no response yet.
    if ((isAdopted || !requests.getLatest()) && store.getAuth().status === 'signed-out')
      void store.fetchAgain()
  }

  const requests = createSessionRequests(
    platform,
    basePath,
    schema,
    now,
    firstState.session,
    initialState?.session?.user,
    // Not "signed-out": the user did not do it, and may be signing in.
    (sessionId) => page.post({ type: 'ended', sessionId }),
  )
  const page = createPageEvents(platform, `latchkey:${basePath}`, now, onTabMessage, onPageEvent)
  const signOuts = createSignOuts(platform, basePath, now, onSignOutConfirmed, scheduleWake)
  const store = createClientStore(
    platform,
    firstState,
    now,
    requests,
    scheduleWake,
    () => {
      const { isFetching } = getState()
      page.start()
      wake()
      fetchMissedMessages(isFetching)
    },
    () => {
      page.stop()
      scheduleWake()
    },
  )
  const { getState, getAuth, createSubscribe } = store
  const actions = createSessionActions(store, requests, signOuts, page.post, (sessionId, hasLostResponse) => {
    scheduleWake()
    if (hasLostResponse) {
      isUncertain = true
      fetchMissedMessages()
    }
    if (diagnosis && sessionId !== undefined) void checkCookie(platform, basePath, sessionId, getAuth)
  })
  const withToken = createWithToken(store, now, start, onExpired === 'hold')

  diagnosis?.registerClient(platform, basePath)
  return {
    getState: getAuth,
    getInitialState: () => firstState,
    subscribe: createSubscribe(getAuth),
    ...createValueStores(store, requests, now, firstState.signInMethods),
    ready: createReady(store, start, !platform.document && firstState),
    signIn: actions.signIn,
    signOut: actions.signOut,
    extend: async () => {
      const { status, reason } = getAuth()
      if (status === 'signed-out') throw createLoginRequiredError(reason)
      return (await store.fetchAgain()).session
    },
    fetch: createAuthorizedFetch(platform, allow.map(parseOrigin), withToken, rejectsToken),
    getAccessToken: ({ forceRefresh, signal } = {}) =>
      withToken(({ access_token }) => access_token, signal, forceRefresh ? getState().token : null),
    platform,
    dispose: () => {
      diagnosis?.unregisterClient(platform, basePath)
      actions.abortSignIn()
      page.stop()
      store.dispose()
      scheduleWake()
    },
  }
}
