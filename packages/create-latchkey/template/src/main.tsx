import { AuthGate, AuthProvider } from '@latchkey/react'
import { SignInForm } from '@latchkey/react/ui'
import '@latchkey/react/ui.css'
import { createRoot } from 'react-dom/client'
import { App } from './App.tsx'
import { auth } from './auth.ts'

createRoot(document.getElementById('root')!).render(
  <AuthProvider client={auth}>
    <AuthGate signedOut={<SignInForm />}>
      <button onClick={() => auth.signOut()}>Sign out</button>
      <App />
    </AuthGate>
  </AuthProvider>,
)
