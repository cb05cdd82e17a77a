import type { AuthClient } from '@latchkey/core'
import { findAuthError } from '@latchkey/core'
import { useAuthClient } from '@latchkey/react'
import type { ReactNode } from 'react'
import { useEffect } from 'react'
import { SWRConfig, useSWRConfig } from 'swr'

/** Place it below `AuthGate`, which gives each user a new one, and so an empty cache. */
export function SwrProvider({ children }: { children: ReactNode }) {
  const auth = useAuthClient()
  return (
    <SWRConfig
      value={{
        provider: () => new Map(),
        fetcher: (path: string) => fetchJson(auth, path),
        // Not after an error that only the user can resolve, for example login_required.
        shouldRetryOnError: (error) => findAuthError(error)?.retryable !== false,
      }}
    >
      <Revalidation />
      {children}
    </SWRConfig>
  )
}

/** Fetches what is on the screen again after the same user has signed in again. */
function Revalidation() {
  const auth = useAuthClient()
  const { mutate } = useSWRConfig()
  useEffect(
    () =>
      auth.subscribe(({ status }, previous) => {
        if (status === 'signed-in' && previous.status === 'expired') void mutate(() => true)
      }),
    [auth, mutate],
  )
  return null
}

async function fetchJson(auth: AuthClient, path: string): Promise<unknown> {
  const response = await auth.fetch(path)
  if (!response.ok) throw new Error(`The API responded with ${response.status}`)
  return response.json()
}
