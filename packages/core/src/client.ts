import type { SessionAnswer } from '@latchkey/wire'
import { csrfHeader, csrfHeaderValue, defaultBasePath } from '@latchkey/wire'
import { createAlarm } from './alarm.ts'
import type { Credential } from './authorized-fetch.ts'
import { createAuthorizedFetch } from './authorized-fetch.ts'
import { browserPlatform } from './browser.ts'
import { createClock } from './clock.ts'
import { createEndpoints } from './endpoints.ts'
import type { EndReason } from './errors.ts'
import { AuthError } from './errors.ts'
import { createInertClient } from './inert-client.ts'
import { createListeners } from './listeners.ts'
import type { PageMoment, Platform } from './platform.ts'
import type { AuthClient, AuthClientOptions, SignInOptions } from './auth-client.ts'
import { retryDelay } from './retry.ts'
import type { AuthState, Effect, Granted, Machine, SessionEvent } from './session.ts'
import { machineFrom, nextMoment, transition } from './session.ts'
import { createTabs } from './tabs.ts'
import type { AccessToken } from './token.ts'
import { accessTokenFrom, isFresh, isUsable } from './token.ts'
import { userFrom } from './user.ts'

/**
 * Creates the one object that knows the session: make it once, outside React, and use it anywhere.
 *
 * It starts with its first use and works for as long as somebody is subscribed (an `AuthProvider` is):
 * then it keeps one alarm, hears other tabs, and looks at its token when the page is shown. With nobody
 * subscribed it refreshes when it is asked for something. Where there is no page (a server that renders)
 * it only shows its initial state.
 */
export function createAuthClient<User = unknown>(options: AuthClientOptions<User> = {}): AuthClient<User> {
  const initialState: AuthState<User> = options.initialState ?? { status: 'restoring', session: null }
  const platform = options.platform ?? browserPlatform()
  return platform ? createLiveClient(options, initialState, platform) : createInertClient(initialState)
}

function createLiveClient<User>(
  {
    basePath = defaultBasePath,
    mode = 'token',
    user,
    allow = [],
    onExpired = 'reject',
  }: AuthClientOptions<User>,
  initialState: AuthState<User>,
  platform: Platform,
): AuthClient<User> {
  const now = createClock(platform)
  const endpoints = createEndpoints(platform, basePath)
  const noteName = `latchkey:${basePath}:signing-out`

  let machine: Machine<User> = machineFrom(initialState)
  let started = false
  /** Aborts what belongs to the session of now. */
  let session = new AbortController()
  /** The machine's own request, settled when its answer is in the machine; never rejects. */
  let flight: Promise<void> = Promise.resolve()
  let signingIn: AbortController | undefined
  let signingOut: AbortController | undefined

  // ── events in, effects out ────────────────────────────────────────────────────────────────────────

  const send = (event: SessionEvent<User>): void => {
    const before = machine
    const [next, ...effects] = transition(machine, event)
    machine = next
    for (const effect of effects) perform(effect)
    arm()
    if (next.auth !== before.auth) stateListeners.tell(next.auth, before.auth)
    tellToken()
  }

  const perform = (effect: Effect): void => {
    if (effect === 'abandon') {
      const ended = session
      session = new AbortController()
      ended.abort(endedError(machine.auth))
    } else flight = ask(effect)
  }

  const ask = async (effect: 'restore' | 'refresh'): Promise<void> => {
    const { epoch, auth, token } = machine
    const { signal } = session
    const sentAt = now()
    // In proxy mode there is no token to ask for: the question is whether the session still lives.
    const answer =
      effect === 'refresh' && mode === 'token' && auth.session
        ? endpoints.newerToken({ session_id: auth.session.id, after: token?.sequence ?? 0 }, signal)
        : endpoints.restore(signal)
    send(
      await answer
        .then((body) => grantedFrom(body, sentAt))
        .then(
          (granted): SessionEvent<User> => ({ type: 'answered', epoch, granted }),
          (error: unknown) => failure(epoch, error),
        ),
    )
  }

  const failure = (epoch: number, cause: unknown): SessionEvent<User> => {
    const error = AuthError.is(cause)
      ? cause
      : new AuthError('invalid_response', 'The answer could not be used', { cause })
    return {
      type: 'failed',
      epoch,
      error,
      until: now() + retryDelay(error, machine.failures, platform.random()),
    }
  }

  const grantedFrom = async (
    { session: found, token }: SessionAnswer,
    sentAt: number,
  ): Promise<Granted<User> | null> =>
    found && {
      session: {
        id: found.session_id,
        subject: found.subject,
        user: await userFrom(user, found.user),
        scope: found.scope,
      },
      token: token && mode === 'token' ? accessTokenFrom(token, sentAt) : null,
    }

  // ── watching: one alarm, one set of listeners, for as long as somebody is subscribed ─────────────────

  let watchers = 0
  let stopMoments = (): void => {}
  const alarm = createAlarm(platform, () => tick())
  const tabs = createTabs(platform, `latchkey:${basePath}`, ({ news, sessionId }) =>
    send({ type: 'heard', news, sessionId }),
  )

  const watch = (): void => {
    if (watchers++) return
    tabs.listen()
    stopMoments = platform.onPageMoment(onPageMoment)
    if (started) tick()
    else start()
  }

  const unwatch = (): void => {
    if (--watchers) return
    tabs.stopListening()
    stopMoments()
    arm()
  }

  const stateListeners = createListeners<[AuthState<User>, AuthState<User>]>(watch, unwatch)
  const tokenListeners = createListeners<[]>(watch, unwatch)

  /** A hidden tab sets no alarm: it looks when it is shown, or when somebody in it asks. */
  const arm = (): void => {
    const time = now()
    alarm.set(watchers && platform.isVisible() ? nextMoment(machine, time) - time : Infinity)
  }

  const tick = (online = false): void => send({ type: 'tick', now: now(), online })

  const onPageMoment = (moment: PageMoment): void => {
    if (moment === 'leave') send({ type: 'left' })
    else if (moment === 'return') send({ type: 'started' })
    else if (!platform.isVisible()) arm()
    else {
      if (machine.auth.status === 'signed-out') finishSignOut()
      tick(moment === 'online')
    }
  }

  const start = (): void => {
    if (started) return
    started = true
    if (finishSignOut()) send({ type: 'signed-out', reason: 'signed_out' })
    else send({ type: 'started' })
  }

  // ── the token ───────────────────────────────────────────────────────────────────────────────────────

  const currentToken = (): AccessToken | null => (isUsable(machine.token, now()) ? machine.token : null)
  const currentValue = (): string | null => currentToken()?.value ?? null

  let told: string | null = null
  const tellToken = (): void => {
    const value = currentValue()
    if (value === told) return
    told = value
    tokenListeners.tell()
  }

  const changed = (): Promise<AuthState<User>> =>
    new Promise((resolve) => {
      const stop = stateListeners.add((state) => {
        stop()
        resolve(state)
      })
    })

  /** The token once there is one, or `null` in proxy mode; a newer one than the rejected one if that can be had. */
  const obtain = async (signal?: AbortSignal | null, rejected?: number): Promise<AccessToken | null> => {
    start()
    const asked = machine
    for (;;) {
      signal?.throwIfAborted()
      const { auth, epoch, work } = machine
      if (auth.status === 'restoring') {
        if (work.kind !== 'running') throw waitingError(machine)
        await unlessAborted(flight, signal)
        continue
      }
      if (auth.status === 'expired' && onExpired === 'hold') {
        await unlessAborted(changed(), signal)
        continue
      }
      if (auth.status !== 'signed-in') throw endedError(auth)
      // What one user asked for is never answered with another one's token.
      if (asked.auth.session && asked.auth.session.subject !== auth.session.subject) throw endedError(auth)

      const refused = epoch === asked.epoch ? rejected : undefined
      if (mode === 'proxy' && refused === undefined) return null
      const better = (): AccessToken | null => {
        const token = currentToken()
        return token && token.sequence !== refused ? token : null
      }
      send({ type: 'wanted', now: now(), rejected: refused })
      if (better()) return better()
      if (machine.work.kind === 'running') await unlessAborted(flight, signal)
      if (machine.epoch !== epoch) continue
      if (better()) return better()
      if (machine.work.kind === 'waiting') throw waitingError(machine)
      // The newest there is: the very one that was rejected, or one that lives for no time at all.
      if (machine.token || mode === 'proxy') return machine.token
      throw new AuthError('temporarily_unavailable', 'The session has no token at the moment')
    }
  }

  const credentialFrom = (token: AccessToken | null): Credential =>
    token
      ? { header: 'authorization', value: `${token.scheme} ${token.value}`, sequence: token.sequence }
      : { header: csrfHeader, value: csrfHeaderValue, sequence: 0 }

  const freshCredential = (): Credential | null => {
    const { auth, token } = machine
    if (auth.status !== 'signed-in') return null
    if (mode === 'proxy') return credentialFrom(null)
    return token && isFresh(token, now()) ? credentialFrom(token) : null
  }

  // ── acts of the user ────────────────────────────────────────────────────────────────────────────────

  const signIn = async (
    credentials: Record<string, string>,
    { scope, remember, challenge, signal }: SignInOptions = {},
  ) => {
    started = true
    signingIn?.abort()
    // Its answer would clear the cookie that this sign-in is about to be given.
    signingOut?.abort()
    const attempt = new AbortController()
    signingIn = attempt
    const sentAt = now()
    const answer = await endpoints.signIn(
      { credentials, scope, remember, challenge },
      signal ? AbortSignal.any([attempt.signal, signal]) : attempt.signal,
    )
    const granted = await grantedFrom(answer, sentAt)
    attempt.signal.throwIfAborted()
    if (!granted) throw new AuthError('invalid_response', 'The answer to a sign-in holds no session')
    platform.writeNote(noteName, null)
    send({ type: 'signed-in', granted })
    tabs.tell({ news: 'signed-in', sessionId: granted.session.id })
    return machine.auth.session ?? granted.session
  }

  /** Carries on with a sign-out that the BFF has not heard of; returns whether there is one. */
  const finishSignOut = (): boolean => {
    const note = platform.readNote(noteName)
    if (note === null) return false
    signingOut?.abort()
    const attempt = new AbortController()
    signingOut = attempt
    endpoints.signOut(note === 'everywhere', attempt.signal).then(
      () => attempt === signingOut && platform.writeNote(noteName, null),
      // The note stays: the next page load or the network's return carries on.
      () => {},
    )
    return true
  }

  const signOut = async ({ everywhere = false } = {}): Promise<void> => {
    started = true
    signingIn?.abort()
    const ended = machine.auth.session
    platform.writeNote(noteName, everywhere ? 'everywhere' : 'here')
    send({ type: 'signed-out', reason: 'signed_out' })
    if (ended) tabs.tell({ news: 'signed-out', sessionId: ended.id })
    finishSignOut()
  }

  const extend = async () => {
    start()
    const { epoch, auth } = machine
    if (auth.status !== 'signed-in') throw endedError(auth)
    const sentAt = now()
    const granted = await grantedFrom(await endpoints.restore(session.signal), sentAt)
    send(granted ? { type: 'extended', epoch, granted } : { type: 'answered', epoch, granted })
    if (machine.auth.status !== 'signed-in') throw endedError(machine.auth)
    return machine.auth.session
  }

  return {
    getState: () => machine.auth,
    getInitialState: () => initialState,
    subscribe: stateListeners.add,
    accessToken: { get: currentValue, subscribe: tokenListeners.add },
    ready: async () => {
      start()
      let state = machine.auth
      while (state.status === 'restoring') state = await changed()
      return state
    },
    signIn,
    signOut,
    extend,
    fetch: createAuthorizedFetch(
      platform,
      mode === 'proxy' ? [] : allow.map((origin) => new URL(origin).origin),
      {
        fresh: freshCredential,
        obtain: async (signal, rejected) => credentialFrom(await obtain(signal, rejected?.sequence)),
        sessionSignal: () => session.signal,
      },
    ),
    getAccessToken: async ({ forceRefresh = false, signal } = {}) => {
      if (mode === 'proxy') throw new Error('In proxy mode the browser has no access token: use auth.fetch')
      const token = await obtain(signal, forceRefresh ? machine.token?.sequence : undefined)
      return token ? token.value : ''
    },
    dispose: () => {
      started = true
      watchers = 0
      tabs.stopListening()
      stopMoments()
      alarm.set(Infinity)
      session.abort(new AuthError('login_required', 'The client was disposed of'))
      signingIn?.abort()
    },
  }
}

function endedError({ status, ...state }: AuthState<unknown>): AuthError {
  const reason: EndReason = ('reason' in state && state.reason) || 'no_session'
  return new AuthError(
    'login_required',
    status === 'signed-in' ? 'Another user has signed in' : `Nobody is signed in: ${reason}`,
    {
      reason: status === 'signed-in' ? 'session_changed' : reason,
    },
  )
}

function waitingError({ work }: Machine<unknown>): AuthError {
  return (
    (work.kind === 'waiting' && work.error) ||
    new AuthError('network_error', 'The page waits to be shown again')
  )
}

/** Waits, and stops waiting when the caller gives up; what is waited for goes on for the others. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason)
    signal.addEventListener('abort', giveUp)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp))
  })
}
