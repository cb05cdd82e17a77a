import type { AuthClient } from './auth-client.ts'
import type { TabMessage } from './auth-state.ts'
import { createSignedOutState, receiveError, receiveSession } from './auth-state.ts'
import type { ClientStore } from './client-store.ts'
import { AuthError, createLoginRequiredError } from './errors.ts'
import { combineSignals } from './platform.ts'
import type { SessionRequests } from './session-requests.ts'
import type { SignOuts } from './sign-outs.ts'

/** What a user does with a session. */
export interface SessionActions<User> extends Pick<AuthClient<User>, 'signIn' | 'signOut'> {
  readonly isSigningIn: () => boolean
  readonly abortSignIn: () => void
}

/**
 * @param onSettled called when a sign-in has succeeded or failed; `hasLostResponse` when it has failed, and the
 *   response to it or to one that it replaced was lost, whose cookie may have arrived
 */
export function createSessionActions<User>(
  store: ClientStore<User>,
  requests: SessionRequests<User>,
  signOuts: SignOuts,
  post: (message: TabMessage) => void,
  onSettled: (signedInId: string | undefined, hasLostResponse: boolean) => void,
): SessionActions<User> {
  let signingIn: AbortController | undefined
  let hasLostResponse = false

  const abortSignIn = (): void => signingIn?.abort()

  const signOut: AuthClient['signOut'] = async ({ everywhere } = {}) => {
    const { status, session } = store.getAuth()
    if (!store.isActive() || (status === 'signed-out' && !signingIn)) return
    if (session) requests.droppedSessions.add(session.id)
    // While restoring and during a sign-in the session is unknown: the request ends whichever there is.
    const sessionId = (status !== 'restoring' && !signingIn && session?.id) || ''
    abortSignIn()
    signingIn = undefined
    store.apply(() => createSignedOutState())
    post({ type: 'signed-out', sessionId })
    signOuts.request(sessionId, everywhere)
  }

  return {
    isSigningIn: () => Boolean(signingIn),
    signOut,
    abortSignIn,

    signIn: async (credentials, { signal, ...options } = {}) => {
      store.assertActive()
      hasLostResponse ||= Boolean(signingIn)
      abortSignIn()
      const attempt = (signingIn = new AbortController())
      signOuts.pause()
      const pendingId = signOuts.getSessionId()
      let id: string | undefined
      try {
        const body = { credentials, ...options }
        // Not after the schema, which may take time: another tab would send the sign-out before this sign-in.
        const replaceSignOut = (): void => {
          if ([undefined, pendingId].includes(signOuts.getSessionId())) signOuts.cancel()
        }
        const result = await requests.fetchSession(
          combineSignals(attempt.signal, signal),
          undefined,
          body,
          undefined,
          replaceSignOut,
        )
        // Another tab has stored a sign-out meanwhile, whose message this one has not got yet.
        if (signOuts.getSessionId() !== undefined) {
          void signOut()
          throw createLoginRequiredError('signed_out_elsewhere')
        }
        store.apply(receiveSession, result)
        id = result.session.id
        post({ type: 'signed-in', sessionId: id })
        return result.session
      } catch (error) {
        hasLostResponse ||= !(AuthError.is(error) && error.code !== 'network_error')
        if ((error as AuthError).reason === 'user_rejected')
          store.apply(receiveError, error as AuthError, Infinity)
        throw error
      } finally {
        if (signingIn === attempt) {
          signingIn = undefined
          onSettled(id, !id && hasLostResponse)
          hasLostResponse = false
        }
      }
    },
  }
}
