'use client'

import { useSyncExternalStore } from 'react'
import { useAuthClient } from './useAuthClient.ts'

/**
 * The access token of now, to be shown or handed on; `null` while there is none, and never one that is
 * known to be expired. The one hook that renders on a refresh: who sends requests wants
 * {@link useAuthorizedFetch} or `getAccessToken()`, which wait for a fresh one.
 */
export function useAccessToken(): string | null {
  const { accessToken } = useAuthClient()
  return useSyncExternalStore(accessToken.subscribe, accessToken.get, serverSnapshot)
}

/** No server has a token of the browser's. */
const serverSnapshot = (): null => null
