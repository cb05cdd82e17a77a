'use client'

import { useContext } from 'react'
import { AuthClientContext } from './AuthClientContext.ts'
import type { RegisteredClient } from './register.ts'

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
