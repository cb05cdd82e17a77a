'use client'

import type { ReactElement, ReactNode } from 'react'
import { createElement, useEffect } from 'react'
import { AuthClientContext } from './AuthClientContext.ts'
import type { RegisteredClient } from './register.ts'
import { requireClient } from './require-client.ts'

/** The props of {@link AuthProvider}. */
export interface AuthProviderProps {
  /** The client from `createAuthClient`; create it outside React. */
  readonly client: RegisteredClient
  readonly children?: ReactNode
}

/**
 * Provides a client to the hooks and components below. While it is mounted, the client restores the session, refreshes
 * its token before that expires, and synchronizes with other tabs.
 *
 * @throws {Error} without a client
 *
 * @example
 * // main.tsx, where src/auth.ts has `export const auth = createAuthClient()`
 * createRoot(root).render(
 *   <AuthProvider client={auth}>
 *     <App />
 *   </AuthProvider>,
 * )
 */
export function AuthProvider({ client, children }: AuthProviderProps): ReactElement {
  requireClient(client, 'AuthProvider')
  useEffect(() => client.subscribe(() => {}), [client])
  // Not JSX: a page without a gate would load the JSX runtime for this element alone.
  return createElement(AuthClientContext.Provider, { value: client }, children)
}
