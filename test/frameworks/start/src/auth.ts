import type { AuthClient, InitialState } from '@latchkey/core'
import { createAuthClient } from '@latchkey/core'

let pageClient: AuthClient | undefined

/** Returns a client of its own for each request on the server, and one for the page in the browser. */
export function getAuthClient(initialState: InitialState): AuthClient {
  if (typeof document === 'undefined') return createAuthClient({ initialState })
  return (pageClient ??= createAuthClient({ initialState }))
}
