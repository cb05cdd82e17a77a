import { authRetry, bindQueryClient } from '@latchkey/react/query'
import { QueryClient, queryOptions } from '@tanstack/react-query'
import type { System } from './systems/system.ts'

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      retry: authRetry(2),
    },
  },
})

/** The list of a system; every query of a system has its id as the first part of the key. */
export function listQuery({ id, list }: System) {
  return queryOptions({ queryKey: [id, 'list'], queryFn: ({ signal }) => list.load(signal) })
}

const boundSystems = new Set<System>()

/**
 * Binds the queries of a system to its session. Starts when a system is first shown and never stops, so that a sign-out
 * in another tab takes effect while this tab shows another system.
 */
export function bindQueryCache(system: System): void {
  if (boundSystems.has(system)) return
  boundSystems.add(system)
  bindQueryClient(system.auth, queryClient, { queryKey: [system.id] })
}
