'use client'

import type { ReactElement, ReactNode } from 'react'
import { createElement, useEffect } from 'react'
import { AuthClientContext } from './AuthClientContext.ts'
import type { RegisteredClient } from './register.ts'

export interface AuthProviderProps {
  /** Made once with `createAuthClient`, outside React. */
  readonly client: RegisteredClient
  readonly children?: ReactNode
}

/**
 * Gives a client to the components below and keeps it awake while it is mounted: the client restores the
 * session, refreshes its token in time and hears the other tabs for as long as somebody is subscribed.
 */
export function AuthProvider({ client, children }: AuthProviderProps): ReactElement {
  useEffect(() => client.subscribe(() => {}), [client])
  // Not JSX: its runtime would be the only further import of a page that uses no gate.
  return createElement(AuthClientContext.Provider, { value: client }, children)
}
