'use client'

import { useSyncExternalStore } from 'react'
import type { RegisteredClient } from './register.ts'
import { useRequiredClient } from './useAuthClient.ts'

/** The state of a client with the registered user. */
export type RegisteredState = ReturnType<RegisteredClient['getState']>

/**
 * Returns the current state, and renders when it changes, which a refresh never causes.
 *
 * @param caller the hook or component that the error names when there is no provider
 */
export function useAuthState(caller: string): RegisteredState {
  const { subscribe, getState, getInitialState } = useRequiredClient(caller)
  return useSyncExternalStore(subscribe, getState, getInitialState)
}
