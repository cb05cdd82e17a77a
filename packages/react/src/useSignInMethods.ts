'use client'

import type { SignInMethods } from '@latchkey/core'
import { useSyncExternalStore } from 'react'
import { useRequiredClient } from './useAuthClient.ts'

/**
 * Returns how users sign in, for example the fields of a form; `null` until the client knows. Renders when that changes,
 * also in a page that is already signed out.
 *
 * @throws {Error} outside an `AuthProvider`
 *
 * @example
 * const fields = useSignInMethods()?.credentials?.fields ?? []
 */
export function useSignInMethods(): SignInMethods | null {
  const { signInMethods, getInitialState } = useRequiredClient('useSignInMethods')
  return useSyncExternalStore(
    signInMethods.subscribe,
    signInMethods.get,
    () => getInitialState().signInMethods ?? null,
  )
}
