import { AuthError, requireSession, safeReturnTo } from '@latchkey/core'
import { AuthGate, AuthProvider, useAuth } from '@latchkey/react'
import type { LoaderFunctionArgs } from 'react-router'
import {
  createBrowserRouter,
  Navigate,
  Outlet,
  redirect,
  RouterProvider,
  useLoaderData,
  useSearchParams,
} from 'react-router'
import { auth } from './auth.ts'
import { ItemList } from './ItemList.tsx'
import { SignIn } from './SignIn.tsx'

const router = createBrowserRouter([
  { path: '/login', Component: LoginPage },
  {
    loader: guard,
    Component: PrivateLayout,
    children: [{ path: '/items', loader: loadItems, Component: Items }],
  },
])

async function guard({ request }: LoaderFunctionArgs) {
  try {
    return await requireSession(auth)
  } catch (error) {
    if (!AuthError.is(error) || error.code !== 'login_required') throw error
    const { pathname, search } = new URL(request.url)
    throw redirect(`/login?${new URLSearchParams({ returnTo: pathname + search })}`)
  }
}

// Runs beside the guard, whose redirect wins.
async function loadItems({ request: { signal } }: LoaderFunctionArgs): Promise<string[]> {
  return (await auth.fetch('/api/items', { signal })).json()
}

function LoginPage() {
  const [parameters] = useSearchParams()
  const returnTo = safeReturnTo(parameters.get('returnTo'))
  return useAuth().status === 'signed-in' ? <Navigate to={returnTo} replace /> : <SignIn />
}

function PrivateLayout() {
  return (
    <AuthGate signedOut={null} expired={<SignIn />}>
      <Outlet />
    </AuthGate>
  )
}

function Items() {
  return <ItemList items={useLoaderData<string[]>()} />
}

// After a sign-out, or when another user has signed in: all loaders run again.
auth.subscribe(({ session }, previous) => {
  if (previous.session && session?.subject !== previous.session.subject) void router.revalidate()
})

export function App() {
  return (
    <AuthProvider client={auth}>
      <RouterProvider router={router} />
    </AuthProvider>
  )
}
