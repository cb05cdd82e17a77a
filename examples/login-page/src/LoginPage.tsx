import { useAuth, useSignInMethods } from '@latchkey/react'
import { SignInForm } from '@latchkey/react/ui'
import { focusHeading } from './focus.ts'
import { useSystem } from './useSystem.ts'
import { useTitle } from './useTitle.ts'

export function LoginPage() {
  const { label } = useSystem()
  const { reason = 'no_session' } = useAuth()
  const isAutomatic = useSignInMethods()?.automatic === true
  const title = `Sign in to ${label}`
  useTitle(title)
  return (
    <main className="sign-in-page">
      <h1>{title}</h1>
      <SignInForm
        // A sign-in without credentials can always be repeated.
        remember={isAutomatic ? false : undefined}
        onSignedIn={focusHeading}
        lead={
          isAutomatic && reason === 'no_session' ? (
            <p className="latchkey-lead">
              {label} needs no password: this site admits users whom it already knows.
            </p>
          ) : undefined
        }
      />
    </main>
  )
}
