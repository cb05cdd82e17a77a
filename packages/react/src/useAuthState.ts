'use client'

import { useSyncExternalStore } from 'react'
import { useAuthClient } from './useAuthClient.ts'
import type { RegisteredClient } from './register.ts'

/** The state of the client as the application's user types it. */
export type RegisteredState = ReturnType<RegisteredClient['getState']>

/** The state as it is now; renders when it changes, which a refresh never makes it do. */
export function useAuthState(): RegisteredState {
  const { subscribe, getState, getInitialState } = useAuthClient()
  return useSyncExternalStore(subscribe, getState, getInitialState)
}
