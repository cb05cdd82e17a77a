'use client'

import type { ReactElement } from 'react'
import { useId } from 'react'
import { useAuth } from '../useAuth.ts'
import { dialogEnglish } from './dialog-english.ts'
import { findLastSignIn } from './last-sign-in.ts'
import type { Messages } from './messages.ts'
import { signInEnglish } from './sign-in-english.ts'
import type { SignInFormProps } from './SignInForm.tsx'
import { SignInForm } from './SignInForm.tsx'
import { useModal } from './useModal.ts'

/** The props of {@link SignInDialog}. */
export interface SignInDialogProps extends Omit<SignInFormProps, 'lead' | 'messages'> {
  /** Texts in place of the English ones. */
  readonly messages?: Partial<Messages> | undefined
}

/**
 * A modal dialog with a {@link SignInForm}, for `expired` of `AuthGate`: the page below keeps its state. It begins with
 * the username of the last sign-in in this page; `username` is the one after a reload.
 *
 * @throws {Error} outside an `AuthProvider`
 *
 * @example
 * <AuthGate signedOut={<SignInForm />} expired={<SignInDialog />}>
 *   <Portal />
 * </AuthGate>
 */
export function SignInDialog({ className = '', messages, ...props }: SignInDialogProps): ReactElement {
  const { session, reason, signOut } = useAuth()
  const texts: Messages = { ...signInEnglish, ...dialogEnglish, ...messages }
  const last = session ? findLastSignIn(session.subject) : undefined
  const id = useId()
  const modalProps = useModal(true)

  return (
    <dialog
      {...modalProps}
      className={`latchkey-dialog latchkey-sign-in-dialog ${className}`}
      aria-labelledby={`${id}title`}
      aria-describedby={`${id}text`}
    >
      <h2 id={`${id}title`}>{texts.signInAgain}</h2>
      <p id={`${id}text`} className="latchkey-lead">
        {(reason && texts[reason]) ?? texts.sessionEnded} {texts.continueWhereYouWere}
      </p>
      <SignInForm
        username={last?.username}
        remember={last?.remember}
        {...props}
        messages={messages}
        lead={null}
      />
      <button type="button" className="latchkey-other-user" onClick={() => void signOut()}>
        {texts.signInAsOther}
      </button>
    </dialog>
  )
}
