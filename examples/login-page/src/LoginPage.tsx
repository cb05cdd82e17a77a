import { useAuth } from '@latchkey/react'
import { describeEndReason } from './end-reason.ts'
import { focusHeading } from './focus.ts'
import { SignInForm } from './SignInForm.tsx'
import { useSystem } from './useSystem.ts'

export interface LoginPageProps {
  readonly onUsername: (username: string) => void
}

export function LoginPage({ onUsername }: LoginPageProps) {
  const { label, fields } = useSystem()
  const { status, reason } = useAuth()
  const unknown = fields ? null : `${label} asks for no password: this site lets in whom it knows already.`
  const why = (status === 'signed-out' ? describeEndReason(reason) : null) ?? unknown
  const title = `Sign in to ${label}`
  return (
    <main className="sign-in-page">
      <h1 tabIndex={-1}>{title}</h1>
      {why !== null && <p className="lead">{why}</p>}
      <SignInForm title={title} onUsername={onUsername} onSignedIn={focusHeading} />
    </main>
  )
}
