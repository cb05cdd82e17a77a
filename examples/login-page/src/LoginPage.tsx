import { useAuth } from '@latchkey/react'
import { endReasonText } from './end-reason.ts'
import { focusHeading } from './focus-heading.ts'
import { KeyMark } from './KeyMark.tsx'
import { SignInForm } from './SignInForm.tsx'

export interface LoginPageProps {
  readonly onUsername: (username: string) => void
}

export function LoginPage({ onUsername }: LoginPageProps) {
  const auth = useAuth()
  const why = auth.status === 'signed-out' ? endReasonText(auth.reason) : null
  return (
    <main className="sign-in-page">
      <p className="brand">
        <KeyMark /> Latchkey
      </p>
      <h1 tabIndex={-1}>Sign in</h1>
      {why !== null && <p className="lead">{why}</p>}
      <SignInForm title="Sign in" onUsername={onUsername} onSignedIn={focusHeading} />
    </main>
  )
}
