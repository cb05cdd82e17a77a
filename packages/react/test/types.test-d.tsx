import { AuthGate, AuthProvider, useAccessToken, useAuth, useAuthorizedFetch } from '@latchkey/react'
import type { UseAuthResult, RegisteredClient } from '@latchkey/react'
import type { AuthClient, AuthError, EndReason, Session } from '@latchkey/core'
import type { ReactNode } from 'react'
import { expectTypeOf } from 'vitest'
import type { User } from './support/user.ts'

declare const auth: UseAuthResult
declare const client: AuthClient<User>
declare const otherClient: AuthClient<{ name: string }>

expectTypeOf(useAuth).returns.toEqualTypeOf<UseAuthResult>()
expectTypeOf(useAccessToken).returns.toEqualTypeOf<string | null>()
expectTypeOf(useAuthorizedFetch).returns.toEqualTypeOf<typeof fetch>()

// The user has the registered type, and the status says whether there is one.
expectTypeOf(auth.user).toEqualTypeOf<User | null>()
expectTypeOf<RegisteredClient>().toEqualTypeOf<AuthClient<User>>()
if (auth.status === 'signed-in') {
  expectTypeOf(auth.user).toEqualTypeOf<User>()
  expectTypeOf(auth.session).toEqualTypeOf<Session<User>>()
}
if (auth.status === 'expired') {
  expectTypeOf(auth.user).toEqualTypeOf<User>()
  expectTypeOf(auth.reason).toEqualTypeOf<EndReason>()
}
if (auth.status === 'signed-out') expectTypeOf(auth.user).toEqualTypeOf<null>()
if (auth.status === 'restoring') expectTypeOf(auth.user).toEqualTypeOf<User | null>()

// The error destructures without a look at the status.
expectTypeOf<(typeof auth)['error']>().toEqualTypeOf<AuthError | undefined>()

// The result contains no token under any name.
expectTypeOf<Extract<keyof UseAuthResult, `${string}oken${string}`>>().toEqualTypeOf<never>()

export const correct: ReactNode = (
  <AuthProvider client={client}>
    <AuthGate signedOut="sign in">the page</AuthGate>
  </AuthProvider>
)
// @ts-expect-error the client's user is not the registered one
export const wrongClient: ReactNode = <AuthProvider client={otherClient} />
// @ts-expect-error the prop signedOut is required
export const noSignedOut: ReactNode = <AuthGate>the page</AuthGate>
