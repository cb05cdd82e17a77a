import { useAuth } from '@latchkey/react'
import { useEffect, useId, useRef } from 'react'
import { focusFirstEmpty, focusHeading } from './focus.ts'
import { SignInForm } from './SignInForm.tsx'

export interface SignInAgainProps {
  /** As typed at the last sign-in; empty when the page has been loaded since. */
  readonly username: string
  readonly onUsername: (username: string) => void
}

/** The question over a page whose session has ended. What stands on the page stays as it is. */
export function SignInAgain({ username, onUsername }: SignInAgainProps) {
  const { user, signOut } = useAuth()
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useId()
  const text = useId()

  useEffect(() => {
    const { current } = dialog
    current?.showModal()
    focusFirstEmpty(current)
    return () => current?.close()
  }, [])

  const startAfresh = async (): Promise<void> => {
    await signOut()
    focusHeading()
  }

  return (
    <dialog
      ref={dialog}
      className="sign-in-again"
      closedby="none"
      aria-labelledby={heading}
      aria-describedby={text}
      onClose={({ currentTarget }) => {
        // Browsers without `closedby` close it on Escape, but the page behind it is of no use without an answer.
        if (currentTarget.isConnected && !currentTarget.open) currentTarget.showModal()
      }}
    >
      <h2 id={heading}>Sign in again</h2>
      <p id={text} className="lead">
        Your session has ended. Sign in{user && ` as ${user.firstName}`} to go on where you were.
      </p>
      <SignInForm title="Sign in again" username={username} onUsername={onUsername} />
      <button type="button" className="link" onClick={() => void startAfresh()}>
        Sign in as somebody else
      </button>
    </dialog>
  )
}
