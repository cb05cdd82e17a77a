import { authRetry, bindQueryClient } from '@latchkey/react/query'
import { QueryClient } from '@tanstack/react-query'
import { auth } from './auth.ts'

export const queryClient = new QueryClient({ defaultOptions: { queries: { retry: authRetry() } } })
bindQueryClient(auth, queryClient)
