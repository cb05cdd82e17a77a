import type { SignInRequest, TokenRequest } from '@latchkey/wire'
import { defaultBasePath, sessionPath, tokenPath } from '@latchkey/wire'
import type { AuthClient, AuthClientOptions } from './auth-client.ts'
import type { WithToken } from './authorized-fetch.ts'
import { createAuthorizedFetch, isTokenRejected } from './authorized-fetch.ts'
import { browser } from './browser.ts'
import { createClock } from './clock.ts'
import { ask } from './bff-request.ts'
import type { AuthError } from './errors.ts'
import { endedError } from './errors.ts'
import type { Channel } from './platform.ts'
import { either, ifAllowed } from './platform.ts'
import { retryDelay } from './retry.ts'
import type { Granted, Machine, News } from './auth-state.ts'
import {
  failed,
  granted,
  heard,
  left,
  machineFrom,
  nextMoment,
  signedOut,
  started,
  ticked,
  wanted,
} from './auth-state.ts'
import { accessTokenFrom, cookieToken } from './token.ts'
import { userFrom } from './user.ts'
import { watch } from './page-events.ts'

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
  mode,
  user: schema,
  allow = [],
  rejectsToken = isTokenRejected,
  initialState = { status: 'restoring', session: null },
  onExpired,
  platform = browser,
}: AuthClientOptions<User> = {}): AuthClient<User> {
  /** Of the channel between tabs, and of the note about a sign-out that the BFF has not heard of. */
  const name = `latchkey:${basePath}`
  const proxy = mode === 'proxy'
  const now = createClock(platform)
  const observers = new Set<() => Promise<void>>()
  let machine: Machine<User> = machineFrom(initialState)
  /** Aborts what belongs to the session of now. */
  let session = new AbortController()
  let dormant = Boolean(platform.document)
  let watching: AbortController | undefined
  let tabs: Channel | undefined
  let alarm: unknown
  let signingIn: AbortController | undefined
  let signingOut: Promise<unknown> | undefined

  // The machine, and the world that follows it.

  const set = (next: Machine<User>): void => {
    const before = machine
    machine = next
    const turned = next.epoch !== before.epoch
    if (turned) {
      session.abort(endedError(next.auth.reason))
      session = new AbortController()
    }
    if (next.asking && (turned || !before.asking)) void follow(question())
    arm()
    for (const observer of observers) void observer()
  }

  /** A late answer belongs to a session that is over: its signal says so, and it is dropped. */
  const follow = (answer: Promise<Granted<User>>, { signal } = session): Promise<unknown> =>
    answer.then(
      (grant) => signal.aborted || set(granted(machine, grant)),
      (error: AuthError) =>
        signal.aborted ||
        set(failed(machine, error, now() + retryDelay(error, machine.failures, platform.Math.random()))),
    )

  /** A hidden tab sets no alarm: it looks when it is shown, or when somebody in it asks. */
  const arm = (): void => {
    platform.clearTimeout(alarm as never)
    const delay = watching && !platform.document.hidden ? nextMoment(machine, now()) - now() : Infinity
    // A longer delay than 31 bits hold would ring at once.
    if (delay < Infinity) alarm = platform.setTimeout(wake, Math.min(delay, 2 ** 31 - 1))
  }

  const onPageEvent = (event: Event): void => {
    // Into the back-forward cache or out of it: what a page shows must not outlive its session there.
    if ((event as PageTransitionEvent).persisted) set(left(machine))
    if (platform.document.hidden || event.type === 'pagehide') arm()
    else wake(event)
  }

  const observe =
    <T>(read: () => T) =>
    (listener: (value: T, before: T) => void): (() => void) => {
      let told = read()
      // Asynchronous only in that what a listener throws is reported, and stops nobody else.
      const observer = async (): Promise<void> => {
        const before = told
        told = read()
        if (told !== before) listener(told, before)
      }
      observers.add(observer)
      if (!watching) {
        watching = new AbortController()
        tabs = watch(platform, name, watching.signal, (news) => set(heard(machine, news)), onPageEvent)
        wake()
      }
      return () => {
        if (observers.delete(observer) && !observers.size) stop()
      }
    }

  const stop = (): void => {
    watching?.abort()
    tabs?.close()
    watching = tabs = undefined
    arm()
  }

  const change = (signal?: AbortSignal | null): Promise<void> => {
    let finish: () => void
    return new Promise<void>((resolve, reject) => {
      finish = observe(() => machine)(() => resolve())
      signal?.addEventListener('abort', () => reject(signal.reason))
    }).finally(() => finish())
  }

  // Questions to the BFF.

  const request = async (
    path: string,
    signal: AbortSignal,
    body?: SignInRequest | TokenRequest,
  ): Promise<Granted<User>> => {
    const sentAt = now()
    try {
      const { session: found, token: given } = await ask(
        platform,
        body ? 'POST' : 'GET',
        basePath + path,
        signal,
        body,
      )
      if (!found) throw endedError('no_session')
      const token = proxy ? cookieToken : given
      return {
        session: {
          id: found.session_id,
          subject: found.subject,
          user: await userFrom(schema, found.user),
          scope: found.scope,
        },
        token: token ? accessTokenFrom(token, sentAt) : null,
      }
    } finally {
      signal.throwIfAborted()
    }
  }

  const restore = (): Promise<Granted<User>> => request(sessionPath, session.signal)

  const question = ({ auth, token } = machine): Promise<Granted<User>> =>
    // In proxy mode there is no token to ask for: the question is whether the session still lives.
    proxy || auth.status !== 'signed-in'
      ? restore()
      : request(tokenPath, session.signal, { session_id: auth.session.id, after: token?.sequence ?? 0 })

  const finishSignOut = (query: string): void => {
    // The note stays when this fails: the next page load or the network's return carries on.
    const answer = ask(platform, 'DELETE', basePath + sessionPath + query)
    signingOut = Promise.all([signingOut, answer.then(eraseNote, () => {})])
  }

  const eraseNote = (): void => ifAllowed(() => platform.localStorage.removeItem(name))

  /** Starts, carries on with a sign-out that the BFF has not heard of, and asks what is due. */
  const wake = (event?: Event): void => {
    const note = ifAllowed(() => platform.localStorage.getItem(name))
    if (note == null) set(started(machine))
    else {
      if (machine.auth.status !== 'signed-out') set(signedOut())
      // During a sign-in its answer might clear the new cookie.
      if (!signingIn) finishSignOut(note)
    }
    dormant = false
    set(ticked(machine, now(), event?.type === 'online'))
  }

  const withToken: WithToken = async (use, signal, rejected) => {
    if (dormant) wake()
    const asker = machine.auth.session
    for (let asked: object | undefined; ;) {
      signal?.throwIfAborted()
      const next = wanted(machine, now(), rejected)
      if (next !== machine && asked !== next.epoch) set(next)
      const { auth, epoch, token, asking, error } = machine
      if (auth.status === 'signed-in') {
        // What one user asked for is never answered with another one's token.
        if ((asker ?? auth.session).subject !== auth.session.subject) throw endedError()
        // The newest there is may be the very one that was rejected, or one that lives for no time at all.
        if (token && ((token !== rejected && now() < token.expiresAt) || (!asking && !error)))
          return use(token, session.signal) as never
      }
      if (!asking && !(onExpired === 'hold' && auth.status === 'expired'))
        throw error ?? endedError(auth.reason)
      asked = epoch
      await change(signal)
    }
  }

  const currentValue = (): string | null => {
    const { token } = machine
    return token?.access_token && now() < token.expiresAt ? token.access_token : null
  }

  return {
    getState: () => machine.auth,
    getInitialState: () => initialState,
    subscribe: observe(() => machine.auth),
    accessToken: {
      get: currentValue,
      secondsLeft: () => ((machine.token?.expiresAt ?? 0) - now()) / 1000,
      subscribe: observe(currentValue),
    },

    ready: async () => {
      if (dormant) wake()
      while (platform.document && machine.auth.status === 'restoring') await change()
      return machine.auth
    },

    signIn: async (credentials, { signal, ...more } = {}) => {
      signingIn?.abort()
      const attempt = (signingIn = new AbortController())
      // Their answers would clear the cookie that this sign-in is about to be given.
      await signingOut
      const answer = await request(sessionPath, either(attempt.signal, signal), {
        credentials,
        ...more,
      }).finally(() => {
        if (signingIn === attempt) signingIn = undefined
      })
      eraseNote()
      set(granted(machine, answer))
      tabs?.postMessage({ news: 'signed-in', id: answer.session.id } satisfies News)
      return answer.session
    },

    signOut: async ({ everywhere } = {}) => {
      signingIn?.abort()
      const { status, session: ended } = machine.auth
      // It may come late: then it must not end the session of who has signed in since. A page that does
      // not know yet whose session it is means whichever there is.
      const id = (status !== 'restoring' && ended?.id) || ''
      const query = `?session_id=${id}${everywhere ? '&everywhere' : ''}`
      ifAllowed(() => platform.localStorage.setItem(name, query))
      set(signedOut())
      if (ended) tabs?.postMessage({ news: 'signed-out', id: ended.id } satisfies News)
      finishSignOut(query)
    },

    extend: async () => {
      if (machine.auth.status === 'signed-out') throw endedError(machine.auth.reason)
      const answer = restore()
      void follow(answer)
      return (await answer).session
    },

    fetch: createAuthorizedFetch(
      platform,
      proxy ? [] : allow.map((origin) => new URL(origin).origin),
      withToken,
      rejectsToken,
    ),

    getAccessToken: ({ forceRefresh, signal } = {}) =>
      withToken(({ access_token }) => access_token, signal, forceRefresh ? machine.token : null),

    dispose: () => {
      stop()
      set({ ...machineFrom(machine.auth), error: endedError() })
    },
  }
}
