import type { AuthClient, AuthError } from '@latchkey/core'
import { findAuthError } from '@latchkey/core'
import type { BaseQueryFn, FetchArgs, FetchBaseQueryError } from '@reduxjs/toolkit/query'
import { fetchBaseQuery } from '@reduxjs/toolkit/query'

/** An `AuthError` as Redux can store it. */
export interface AuthQueryError extends Pick<AuthError, 'code' | 'reason' | 'retryAfter'> {
  status: 'AUTH_ERROR'
}

/** Creates a base query of RTK Query that keeps the code of an `AuthError`. */
export function createAuthBaseQuery(
  auth: AuthClient,
  baseUrl: string,
): BaseQueryFn<string | FetchArgs, unknown, FetchBaseQueryError | AuthQueryError> {
  return async (args, api, extraOptions) => {
    let authError: AuthError | undefined
    const query = fetchBaseQuery({
      baseUrl,
      fetchFn: (input, init) =>
        auth.fetch(input, init).catch((error: unknown) => {
          authError = findAuthError(error)
          throw error
        }),
    })
    const result = await query(args, api, extraOptions)
    if (!authError) return result
    const { code, reason, retryAfter } = authError
    return { error: { status: 'AUTH_ERROR', code, reason, retryAfter } }
  }
}
