import type { AuthClient } from './auth-client.ts'
import type { AuthState } from './session.ts'

/** A client for where there is no page: it shows its initial state, asks nothing and shares nothing. */
export function createInertClient<User>(state: AuthState<User>): AuthClient<User> {
  const refuse = async (): Promise<never> => {
    throw new Error('This auth client has no browser around it: it only renders its initial state')
  }
  const stop = (): void => {}
  return {
    getState: () => state,
    getInitialState: () => state,
    subscribe: () => stop,
    accessToken: { get: () => null, subscribe: () => stop },
    ready: async () => state,
    signIn: refuse,
    signOut: refuse,
    extend: refuse,
    fetch: refuse,
    getAccessToken: refuse,
    dispose: stop,
  }
}
