import { AuthError } from '@latchkey/core'
import { QueryClient, queryOptions } from '@tanstack/react-query'
import type { System } from './systems/system.ts'

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // What only the user can mend is not tried again.
      retry: (failures, error) => failures < 2 && !(AuthError.is(error) && !error.retryable),
    },
  },
})

/** What a system lists; whatever is kept of a system stands below its own key. */
export function listQuery({ id, list }: System) {
  return queryOptions({ queryKey: [id, 'list'], queryFn: ({ signal }) => list.load(signal) })
}

const boundSystems = new Set<System>()

/**
 * Keeps what was loaded in step with who is signed in. It begins when a system is first shown and never ends, so that a
 * sign-out in another tab is heard of while this one shows another system.
 */
export function bindQueryCache(system: System): void {
  if (boundSystems.has(system)) return
  boundSystems.add(system)
  const { id, auth } = system
  auth.subscribe((state, previous) => {
    // What one user loaded is never shown to another one.
    if (state.session?.subject !== previous.session?.subject) queryClient.removeQueries({ queryKey: [id] })
    // What failed while nobody was signed in is asked for again.
    else if (state.status === 'signed-in') void queryClient.invalidateQueries({ queryKey: [id] })
  })
}
