'use client'

import { useContext } from 'react'
import { AuthClientContext } from './AuthClientContext.ts'
import type { RegisteredClient } from './register.ts'
import { requireClient } from './require-client.ts'

/**
 * Returns the client of the nearest `AuthProvider`: the same object as long as that does not get another one. Use it for
 * what the other hooks do not return, for example `extend` or `ready`.
 *
 * @throws {Error} outside an `AuthProvider`
 *
 * @example
 * const { extend } = useAuthClient()
 * return <button onClick={() => extend()}>Stay signed in</button>
 */
export function useAuthClient(): RegisteredClient {
  return useRequiredClient('useAuthClient')
}

/** Returns the client for another hook or component, which the error names. */
export function useRequiredClient(caller: string): RegisteredClient {
  return requireClient(useContext(AuthClientContext), caller)
}
