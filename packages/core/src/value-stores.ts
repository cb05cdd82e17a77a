import type { SignInMethods } from '@latchkey/wire'
import { sessionPath } from '@latchkey/wire'
import type { AuthClient } from './auth-client.ts'
import type { ClientStore } from './client-store.ts'
import type { SessionRequests } from './session-requests.ts'

/**
 * Creates the stores beside the state, so that a refresh notifies only the listeners that need its value.
 *
 * @param initialMethods how users sign in, from the server that rendered the page
 */
export function createValueStores<User>(
  { getState, getAuth, createSubscribe, fetchAgain }: ClientStore<User>,
  requests: SessionRequests<User>,
  now: () => number,
  initialMethods: SignInMethods | undefined,
): Pick<AuthClient, 'accessToken' | 'sessionEnd' | 'signInMethods'> {
  const getTokenValue = (): string | null => {
    const { token } = getState()
    return token?.access_token && now() < token.expiresAt ? token.access_token : null
  }
  const getSessionEnd = (): number | null =>
    getAuth().status === 'signed-in' ? requests.getSessionEnd() : null
  const getSignInMethods = (): SignInMethods | null => requests.getLatest()?.sign_in ?? initialMethods ?? null
  return {
    accessToken: {
      get: getTokenValue,
      secondsLeft: () => ((getState().token?.expiresAt ?? 0) - now()) / 1000,
      subscribe: createSubscribe(getTokenValue),
    },
    sessionEnd: {
      get: getSessionEnd,
      secondsLeft: () => ((getSessionEnd() ?? Infinity) - now()) / 1000,
      subscribe: createSubscribe(getSessionEnd),
      check: async () => fetchAgain(`${sessionPath}?peek`),
    },
    signInMethods: {
      get: getSignInMethods,
      // Compared as JSON, because every response has another object.
      subscribe: createSubscribe(() => JSON.stringify(getSignInMethods())),
    },
  }
}
