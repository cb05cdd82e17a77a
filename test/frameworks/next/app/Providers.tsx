'use client'

import type { InitialState } from '@latchkey/core'
import { AuthGate, AuthProvider } from '@latchkey/react'
import { SignInForm } from '@latchkey/react/ui'
import { useRouter } from 'next/navigation'
import type { ReactNode } from 'react'
import { useEffect } from 'react'
import { getAuthClient } from './auth'

export function Providers({ initialState, children }: { initialState: InitialState; children: ReactNode }) {
  const auth = getAuthClient(initialState)
  const router = useRouter()
  useEffect(
    () =>
      // After a sign-in or sign-out, the server renders the page again.
      auth.subscribe(({ session }, previous) => {
        if (session?.subject !== previous.session?.subject) router.refresh()
      }),
    [auth, router],
  )
  return (
    <AuthProvider client={auth}>
      <AuthGate signedOut={<SignInForm />}>{children}</AuthGate>
    </AuthProvider>
  )
}
