import type { AuthState } from './auth-state.ts'
import type { ClientStore } from './client-store.ts'

/**
 * Creates `ready`, whose promise is the same until the client has left `restoring`, and afterwards until the state
 * changes.
 *
 * @param start starts the client at its first use
 * @param serverState the state that a server renders; the promise rejects there while it is `restoring`
 */
export function createReady<User>(
  store: ClientStore<User>,
  start: () => void,
  serverState: AuthState<User> | false,
): () => Promise<AuthState<User>> {
  let promise: Promise<AuthState<User>>
  /** The state to which the promise belongs; `true` stands for every state that is `restoring`. */
  let promiseState: AuthState<User> | true | undefined

  const waitUntilRestored = async (): Promise<AuthState<User>> => {
    if (serverState && serverState.status !== 'restoring') return serverState
    for (start(); store.getAuth().status === 'restoring'; store.assertActive()) await store.waitForChange()
    return (promiseState = store.getAuth())
  }

  return () => {
    const auth = store.getAuth()
    const state = auth.status === 'restoring' || auth
    if (promiseState !== state) {
      promiseState = state
      promise = waitUntilRestored()
      // A caller that does not wait for it must not end a server that renders.
      promise.catch(() => {})
    }
    return promise
  }
}
