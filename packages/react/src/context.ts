'use client'

import type { Context } from 'react'
import { createContext, useContext } from 'react'
import type { RegisteredClient } from './register.ts'

/** The one context. It holds the client, never a state, so that nobody renders because of it. */
export const AuthClientContext: Context<RegisteredClient | null> = createContext<RegisteredClient | null>(
  null,
)

/**
 * The client of the nearest `AuthProvider`: the same object for the provider's life.
 *
 * Throws when there is no provider above.
 */
export function useAuthClient(): RegisteredClient {
  const client = useContext(AuthClientContext)
  if (!client) throw new Error('Put an <AuthProvider> above this component')
  return client
}
