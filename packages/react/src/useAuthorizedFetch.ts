'use client'

import { useRequiredClient } from './useAuthClient.ts'

/**
 * Returns `fetch` with the session's token, which is refreshed when necessary: the `fetch` of the client, and the same
 * function as long as the provider has the same client.
 *
 * @throws {Error} outside an `AuthProvider`
 *
 * @example
 * const authorizedFetch = useAuthorizedFetch()
 * const save = () => authorizedFetch('/api/items', { method: 'POST', body: JSON.stringify(item) })
 */
export function useAuthorizedFetch(): typeof globalThis.fetch {
  return useRequiredClient('useAuthorizedFetch').fetch
}
