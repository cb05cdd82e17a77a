import { AuthGate, AuthProvider } from '@latchkey/react'
import type { LoaderFunctionArgs } from 'react-router'
import { Outlet, redirect, useLoaderData } from 'react-router'
import { SignIn } from '../../src/SignIn.tsx'
import { getAuthClient } from '../auth.ts'
import { bff } from '../bff.server.ts'

export async function loader({ request }: LoaderFunctionArgs) {
  const state = await bff.session(request)
  if (state.status === 'signed-in') return state
  const { pathname, search } = new URL(request.url)
  throw redirect(`/login?${new URLSearchParams({ returnTo: pathname + search })}`)
}

export default function Private() {
  return (
    <AuthProvider client={getAuthClient(useLoaderData<typeof loader>())}>
      <AuthGate signedOut={<SignIn />}>
        <Outlet />
      </AuthGate>
    </AuthProvider>
  )
}
