import type { AuthClient } from './auth-client.ts'
import type { Session } from './auth-state.ts'
import { createLoginRequiredError } from './errors.ts'

/**
 * Resolves with the session of the signed-in user, for a loader of a router. Waits while the client is `restoring`.
 * Also rejects while the session is `expired`: a loader runs for a page whose data cannot be loaded before the user has
 * signed in again. During server rendering it needs `initialState`.
 *
 * @throws {AuthError} `login_required` when no user is signed in, with the reason; `invalid_request` during server
 *   rendering without `initialState`
 *
 * @example
 * const loader = async ({ request }) => {
 *   const { user } = await requireSession(auth).catch((error) => {
 *     throw AuthError.is(error) && error.code === 'login_required' ? redirect('/login') : error
 *   })
 *   return user
 * }
 */
export async function requireSession<User>(auth: Pick<AuthClient<User>, 'ready'>): Promise<Session<User>> {
  const { status, session, reason } = await auth.ready()
  if (status === 'signed-in') return session
  throw createLoginRequiredError(reason)
}
