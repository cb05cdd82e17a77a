'use client'

import { useMemo } from 'react'
import type { RegisteredClient } from './register.ts'
import { useRequiredClient } from './useAuthClient.ts'
import type { RegisteredState } from './useAuthState.ts'
import { useAuthState } from './useAuthState.ts'

type WithUser<State> = State extends { readonly session: infer Session }
  ? State & { readonly user: Session extends { readonly user: infer User } ? User : null }
  : never

/**
 * The result of {@link useAuth}: the state, its user, `signIn` and `signOut`. Tell the states apart by `status`:
 * `signed-in` and `expired` have a session and a user, `signed-out` has none. While `restoring` there may be a session
 * that the client is checking: do not show its data.
 */
export type UseAuthResult = WithUser<RegisteredState> & Pick<RegisteredClient, 'signIn' | 'signOut'>

/**
 * Returns who is signed in, `signIn` and `signOut`. The component renders when the state changes; a token refresh does
 * not change it. The result is the same object until the state changes.
 *
 * @throws {Error} outside an `AuthProvider`
 *
 * @example
 * const { status, user, signOut } = useAuth()
 * if (status !== 'signed-in') return null
 * return <button onClick={() => signOut()}>Sign out {user.name}</button>
 */
export function useAuth(): UseAuthResult {
  const { signIn, signOut } = useRequiredClient('useAuth')
  const state = useAuthState('useAuth')
  return useMemo(
    () => ({ ...state, user: state.session?.user ?? null, signIn, signOut }) as UseAuthResult,
    [state, signIn, signOut],
  )
}
