import { AuthError } from '@latchkey/core'
import { QueryClient } from '@tanstack/react-query'
import { auth } from './auth.ts'

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // What only the user can mend is not tried again.
      retry: (failures, error) => failures < 2 && !(AuthError.is(error) && !error.retryable),
    },
  },
})

auth.subscribe((state, previous) => {
  // What one user loaded is never shown to another one.
  if (state.session?.subject !== previous.session?.subject) queryClient.clear()
  // What failed while nobody was signed in is asked for again.
  else if (state.status === 'signed-in') void queryClient.invalidateQueries()
})
