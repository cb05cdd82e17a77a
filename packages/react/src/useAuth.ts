'use client'

import { useMemo } from 'react'
import { useAuthClient } from './useAuthClient.ts'
import type { RegisteredClient } from './register.ts'
import type { RegisteredState } from './useAuthState.ts'
import { useAuthState } from './useAuthState.ts'

/** A state with its user at hand. */
type WithUser<State> = State extends { readonly session: infer Session }
  ? State & { readonly user: Session extends { readonly user: infer User } ? User : null }
  : never

/**
 * Who is signed in, and the two acts on it. Narrow it by `status`: while `signed-in` and `expired` there
 * is a session and a user; while `restoring` there may be one whose right to be shown is being asked about.
 */
export type UseAuthResult = WithUser<RegisteredState> & Pick<RegisteredClient, 'signIn' | 'signOut'>

/**
 * The state without the token. Its identity changes only with the state: a refresh, or a render of
 * something above, renders nobody who uses it.
 */
export function useAuth(): UseAuthResult {
  const { signIn, signOut } = useAuthClient()
  const state = useAuthState()
  return useMemo(
    () => ({ ...state, user: state.session?.user ?? null, signIn, signOut }) as UseAuthResult,
    [state, signIn, signOut],
  )
}
