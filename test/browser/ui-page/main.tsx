import { createAuthClient } from '@latchkey/core'
import { AuthGate, AuthProvider } from '@latchkey/react'
import { SessionTimeoutDialog, SignInDialog, SignInForm } from '@latchkey/react/ui'
import '@latchkey/react/ui.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import './page.css'

const auth = createAuthClient({ basePath: '/auth/axosoft' })

const signInPage = (
  <main>
    <h1>Portal</h1>
    <SignInForm
      beforeSubmit={<a href="/forgot">Forgot your password?</a>}
      afterSubmit={<small>By signing in you accept the terms.</small>}
    />
  </main>
)

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no element with the id "root"')

createRoot(root).render(
  <StrictMode>
    <AuthProvider client={auth}>
      <AuthGate signedOut={signInPage} expired={<SignInDialog />}>
        <main>
          <h1>Hello</h1>
          <label>
            Note <input />
          </label>
          <button type="button" onClick={() => void auth.signOut()}>
            Sign out
          </button>
        </main>
        <SessionTimeoutDialog />
      </AuthGate>
    </AuthProvider>
  </StrictMode>,
)
