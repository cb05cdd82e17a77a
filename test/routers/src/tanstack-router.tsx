import { AuthError, requireSession, safeReturnTo } from '@latchkey/core'
import { AuthGate, AuthProvider, useAuth } from '@latchkey/react'
import {
  createRootRoute,
  createRoute,
  createRouter,
  Outlet,
  redirect,
  RouterProvider,
} from '@tanstack/react-router'
import { useEffect } from 'react'
import { auth } from './auth.ts'
import { ItemList } from './ItemList.tsx'
import { SignIn } from './SignIn.tsx'

const rootRoute = createRootRoute()

const loginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/login',
  validateSearch: ({ returnTo }) => ({ returnTo: safeReturnTo(returnTo) }),
  component: LoginPage,
})

const privateRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'private',
  beforeLoad: async ({ location }) => {
    try {
      return { session: await requireSession(auth) }
    } catch (error) {
      if (!AuthError.is(error) || error.code !== 'login_required') throw error
      throw redirect({ to: '/login', search: { returnTo: location.href } })
    }
  },
  component: () => (
    <AuthGate signedOut={null} expired={<SignIn />}>
      <Outlet />
    </AuthGate>
  ),
})

const itemsRoute = createRoute({
  getParentRoute: () => privateRoute,
  path: '/items',
  loader: async (): Promise<string[]> => (await auth.fetch('/api/items')).json(),
  component: () => <ItemList items={itemsRoute.useLoaderData()} />,
})

const router = createRouter({
  routeTree: rootRoute.addChildren([loginRoute, privateRoute.addChildren([itemsRoute])]),
})

function LoginPage() {
  const { returnTo } = loginRoute.useSearch()
  const { status } = useAuth()
  useEffect(() => {
    if (status === 'signed-in') router.history.replace(returnTo)
  }, [status, returnTo])
  return status === 'signed-in' ? null : <SignIn />
}

// After a sign-out, or when another user has signed in: the guard runs again, and the data is loaded again.
auth.subscribe(({ session }, previous) => {
  if (previous.session && session?.subject !== previous.session.subject) void router.invalidate()
})

export function App() {
  return (
    <AuthProvider client={auth}>
      <RouterProvider router={router} />
    </AuthProvider>
  )
}
