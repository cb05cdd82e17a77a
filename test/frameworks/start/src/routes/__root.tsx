import { AuthGate, AuthProvider } from '@latchkey/react'
import { SignInForm } from '@latchkey/react/ui'
import { createRootRoute, HeadContent, Outlet, Scripts, useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { getAuthClient } from '../auth'
import { getSession } from '../session'

export const Route = createRootRoute({
  loader: () => getSession(),
  // The page belongs to one user: no cache may store it.
  headers: () => ({ 'Cache-Control': 'private, no-store' }),
  component: Root,
})

function Root() {
  const auth = getAuthClient(Route.useLoaderData())
  const router = useRouter()
  useEffect(
    () =>
      // After a sign-in or sign-out, all loaders run again.
      auth.subscribe(({ session }, previous) => {
        if (session?.subject !== previous.session?.subject) void router.invalidate()
      }),
    [auth, router],
  )
  return (
    <html lang="en">
      <head>
        <HeadContent />
      </head>
      <body>
        <AuthProvider client={auth}>
          <AuthGate signedOut={<SignInForm />}>
            <Outlet />
          </AuthGate>
        </AuthProvider>
        <Scripts />
      </body>
    </html>
  )
}
