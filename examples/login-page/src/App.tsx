import { AuthGate } from '@latchkey/react'
import { SessionTimeoutDialog, SignInDialog } from '@latchkey/react/ui'
import { LoginPage } from './LoginPage.tsx'
import { Portal } from './Portal.tsx'
import { Splash } from './Splash.tsx'

export function App() {
  return (
    <AuthGate restoring={<Splash />} signedOut={<LoginPage />} expired={<SignInDialog />}>
      <SessionTimeoutDialog />
      <Portal />
    </AuthGate>
  )
}
