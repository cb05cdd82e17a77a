import { useAuth } from '@latchkey/react'
import { describeEndReason } from './end-reason.ts'
import { focusHeading } from './focus.ts'
import { SignInForm } from './SignInForm.tsx'
import { useCredentialFields } from './useCredentialFields.ts'
import { useSystem } from './useSystem.ts'

export interface LoginPageProps {
  readonly onUsername: (username: string) => void
}

export function LoginPage({ onUsername }: LoginPageProps) {
  const { label } = useSystem()
  const fields = useCredentialFields()
  const { status, reason } = useAuth()
  const automatic =
    fields.length > 0 ? null : `${label} needs no password: this site admits users whom it already knows.`
  const why = (status === 'signed-out' ? describeEndReason(reason) : null) ?? automatic
  const title = `Sign in to ${label}`
  return (
    <main className="sign-in-page">
      <h1 tabIndex={-1}>{title}</h1>
      {why !== null && <p className="lead">{why}</p>}
      <SignInForm title={title} onUsername={onUsername} onSignedIn={focusHeading} />
    </main>
  )
}
