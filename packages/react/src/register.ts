import type { AuthClient } from '@latchkey/core'

/**
 * Registers the type of your user once, so that `useAuth().user` has that type in every component.
 *
 * @example
 * // src/auth.ts
 * declare module '@latchkey/react' {
 *   interface Register {
 *     user: { username: string }
 *   }
 * }
 */
export interface Register {}

/** The user type in {@link Register}; `unknown` without one. */
export type RegisteredUser = Register extends { user: infer User } ? User : unknown

/** A client with the user type in {@link Register}. */
// oxlint-disable-next-line typescript/no-unnecessary-type-arguments -- `unknown` only without a registered user
export type RegisteredClient = AuthClient<RegisteredUser>
