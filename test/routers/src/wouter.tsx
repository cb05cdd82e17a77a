import { safeReturnTo } from '@latchkey/core'
import { AuthGate, AuthProvider, useAuth } from '@latchkey/react'
import type { ReactNode } from 'react'
import { Redirect, Route, Switch, useLocation, useSearch } from 'wouter'
import { auth } from './auth.ts'
import { ItemsPage } from './ItemsPage.tsx'
import { SignIn } from './SignIn.tsx'

function Private({ children }: { children: ReactNode }) {
  const [path] = useLocation()
  const search = useSearch()
  const returnTo = search ? `${path}?${search}` : path
  const login = `/login?${new URLSearchParams({ returnTo })}`
  return (
    <AuthGate signedOut={<Redirect to={login} replace />} expired={<SignIn />}>
      {children}
    </AuthGate>
  )
}

function LoginPage() {
  const returnTo = safeReturnTo(new URLSearchParams(useSearch()).get('returnTo'))
  return useAuth().status === 'signed-in' ? <Redirect to={returnTo} replace /> : <SignIn />
}

export function App() {
  return (
    <AuthProvider client={auth}>
      <Switch>
        <Route path="/login" component={LoginPage} />
        <Route>
          <Private>
            <Route path="/items" component={ItemsPage} />
          </Private>
        </Route>
      </Switch>
    </AuthProvider>
  )
}
