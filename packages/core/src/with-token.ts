import type { AccessToken } from './token.ts'
import { startFetchForToken } from './auth-state.ts'
import type { ClientStore } from './client-store.ts'
import { createLoginRequiredError } from './errors.ts'

/**
 * Waits for a token and calls `use` with it and with the signal that aborts when its session ends. It calls `use`
 * synchronously after choosing the token, so that a token is never used after its session.
 *
 * @param rejectedToken a token that the API rejected; a newer one is fetched when the session can get one
 */
export type WithToken = <T>(
  use: (token: AccessToken, sessionSignal: AbortSignal) => T,
  signal?: AbortSignal | null,
  rejectedToken?: AccessToken | null,
) => Promise<Awaited<T>>

/**
 * @param start starts the client at its first use
 * @param holds whether callers wait while the session is expired
 */
export function createWithToken<User>(
  store: ClientStore<User>,
  now: () => number,
  start: () => void,
  holds: boolean,
): WithToken {
  return async (use, signal, rejectedToken) => {
    start()
    const initialSession = store.getState().auth.session
    for (let fetchedEpoch: object | undefined; ;) {
      signal?.throwIfAborted()
      const time = now()
      const before = store.getState()
      const next = startFetchForToken(before, time, rejectedToken)
      // Once a session, or a request loop could follow: for a token that is rejected again, or that expires on its way.
      // A token that is due already came while the machine slept.
      if (next !== before && (fetchedEpoch !== next.epoch || time >= next.nextFetchAt))
        store.apply(() => next)
      const { auth, epoch, token, isFetching, error } = store.getState()
      if (auth.status === 'signed-in') {
        // A request that one user started must not use another user's token.
        if ((initialSession ?? auth.session).subject !== auth.session.subject)
          throw createLoginRequiredError('session_changed')
        // The newest token may be the rejected one, or one that has already expired.
        if (token && ((token !== rejectedToken && time < token.expiresAt) || (!isFetching && !error)))
          return use(token, store.getSessionSignal()) as never
      }
      if (!isFetching && !(holds && auth.status === 'expired' && !error))
        throw error ?? createLoginRequiredError(auth.reason)
      fetchedEpoch = epoch
      await store.waitForChange(signal)
    }
  }
}
