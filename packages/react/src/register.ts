import type { AuthClient } from '@latchkey/core'

/**
 * Where an application says once what its user looks like, so that `useAuth().user` has a type everywhere.
 *
 * ```ts
 * declare module '@latchkey/react' {
 *   interface Register { user: User }
 * }
 * ```
 */
export interface Register {}

/** The user as the application registered it; `unknown` until it does. */
export type RegisteredUser = Register extends { user: infer User } ? User : unknown

/** A client whose user is the registered one. */
// oxlint-disable-next-line typescript/no-unnecessary-type-arguments -- `unknown` only until there is a registered user
export type RegisteredClient = AuthClient<RegisteredUser>
