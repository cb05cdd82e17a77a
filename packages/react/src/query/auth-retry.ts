import { findAuthError } from '@latchkey/core'

/**
 * Creates the option `retry` of TanStack Query: an error that only the user or the developer can resolve (for example
 * `login_required`) is not retried, every other one up to `maxRetries` times.
 *
 * @example
 * const queryClient = new QueryClient({ defaultOptions: { queries: { retry: authRetry() } } })
 */
export function authRetry(maxRetries = 3): (failureCount: number, error: unknown) => boolean {
  return (failureCount, error) => failureCount < maxRetries && findAuthError(error)?.retryable !== false
}
