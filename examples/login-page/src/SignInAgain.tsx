import { useAuth } from '@latchkey/react'
import { useEffect, useId, useRef } from 'react'
import { focusFirstEmpty, focusHeading } from './focus.ts'
import { SignInForm } from './SignInForm.tsx'

export interface SignInAgainProps {
  /** Of the last sign-in on this page; empty after a reload. */
  readonly username: string
  readonly onUsername: (username: string) => void
}

/** The dialog over a page whose session has ended; the page below keeps its state. */
export function SignInAgain({ username, onUsername }: SignInAgainProps) {
  const { user, signOut } = useAuth()
  const dialog = useRef<HTMLDialogElement>(null)
  const lastFocused = useRef<HTMLElement>(null)
  const heading = useId()
  const text = useId()

  useEffect(() => {
    const { current } = dialog
    current?.showModal()
    focusFirstEmpty(current)
    return () => current?.close()
  }, [])

  const signInAsOther = async (): Promise<void> => {
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
      onFocus={({ target }) => {
        lastFocused.current = target
      }}
      onClose={({ currentTarget }) => {
        if (!currentTarget.isConnected || currentTarget.open) return
        // Browsers without `closedby` close it on Escape, but the page below cannot be used without a session.
        const focused = lastFocused.current
        currentTarget.showModal()
        focused?.focus()
      }}
    >
      <h2 id={heading}>Sign in again</h2>
      <p id={text} className="lead">
        Your session has ended. Sign in{user && ` as ${user.firstName}`} to continue where you were.
      </p>
      <SignInForm title="Sign in again" username={username} onUsername={onUsername} />
      <button type="button" className="link" onClick={() => void signInAsOther()}>
        Sign in as another user
      </button>
    </dialog>
  )
}
