'use client'

import { useSyncExternalStore } from 'react'
import { useRequiredClient } from './useAuthClient.ts'

/**
 * Returns the current access token: `null` when there is none, when it has expired, and always in proxy mode. This is
 * the only hook that renders after a refresh.
 *
 * To send requests, use {@link useAuthorizedFetch} or `getAccessToken()` of the client: they wait for a valid token.
 *
 * @throws {Error} outside an `AuthProvider`
 *
 * @example
 * const token = useAccessToken()
 * return <ApiExplorer token={token} />
 */
export function useAccessToken(): string | null {
  const { accessToken } = useRequiredClient('useAccessToken')
  return useSyncExternalStore(accessToken.subscribe, accessToken.get, getServerSnapshot)
}

/** A server that renders has no token of the browser. */
const getServerSnapshot = (): null => null
