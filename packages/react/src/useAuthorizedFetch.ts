'use client'

import { useAuthClient } from './useAuthClient.ts'

/** `fetch` with the session's credential, the client's own: the same function for the provider's life. */
export function useAuthorizedFetch(): typeof globalThis.fetch {
  return useAuthClient().fetch
}
