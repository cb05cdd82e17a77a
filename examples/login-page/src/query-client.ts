import { AuthError } from '@latchkey/core'
import { QueryClient, queryOptions } from '@tanstack/react-query'
import type { System } from './systems/system.ts'

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // Errors that only the user can resolve are not retried.
      retry: (failures, error) => failures < 2 && !(AuthError.is(error) && !error.retryable),
    },
  },
})

/** The list of a system; every query of a system has its id as the first part of the key. */
export function listQuery({ id, list }: System) {
  return queryOptions({ queryKey: [id, 'list'], queryFn: ({ signal }) => list.load(signal) })
}

const boundSystems = new Set<System>()

/**
 * Removes a user's data from the cache when another user signs in. Starts when a system is first shown and never stops,
 * so that a sign-out in another tab takes effect while this tab shows another system.
 */
export function bindQueryCache(system: System): void {
  if (boundSystems.has(system)) return
  boundSystems.add(system)
  const { id, auth } = system
  auth.subscribe((state, previous) => {
    // One user's data must never be shown to another user.
    if (state.session?.subject !== previous.session?.subject) queryClient.removeQueries({ queryKey: [id] })
    // Queries that failed while nobody was signed in are fetched again.
    else if (state.status === 'signed-in') void queryClient.invalidateQueries({ queryKey: [id] })
  })
}
