import { AuthGate } from '@latchkey/react'
import { useState } from 'react'
import { LoginPage } from './LoginPage.tsx'
import { Portal } from './Portal.tsx'
import { SignInAgain } from './SignInAgain.tsx'
import { Splash } from './Splash.tsx'

export function App() {
  // Kept for the next sign-in, so that the user need not enter it again.
  const [username, setUsername] = useState('')
  return (
    <AuthGate
      restoring={<Splash />}
      signedOut={<LoginPage onUsername={setUsername} />}
      expired={<SignInAgain username={username} onUsername={setUsername} />}
    >
      <Portal />
    </AuthGate>
  )
}
