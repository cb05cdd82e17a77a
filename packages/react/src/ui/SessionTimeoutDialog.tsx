'use client'

import type { ReactElement } from 'react'
import { useId } from 'react'
import { useRequiredClient } from '../useAuthClient.ts'
import { dialogEnglish } from './dialog-english.ts'
import type { Messages } from './messages.ts'
import { signInEnglish } from './sign-in-english.ts'
import { describeError } from './sign-in-failure.ts'
import { useModal } from './useModal.ts'
import type { SessionTimeoutOptions } from './useSessionTimeout.ts'
import { useSessionTimeout } from './useSessionTimeout.ts'

/** The props of {@link SessionTimeoutDialog}. */
export interface SessionTimeoutDialogProps extends SessionTimeoutOptions {
  /** Added to the classes `latchkey-dialog` and `latchkey-timeout`. */
  readonly className?: string | undefined
  /** Texts in place of the English ones. */
  readonly messages?: Partial<Messages> | undefined
}

/**
 * A modal dialog that appears before the session ends, in all tabs. Enter, Space and Escape extend the session. Render it
 * once below the `AuthProvider`.
 *
 * @throws {Error} outside an `AuthProvider`
 *
 * @example
 * <AuthGate signedOut={<SignInForm />} expired={<SignInDialog />}>
 *   <SessionTimeoutDialog warnBefore={300} />
 *   <Portal />
 * </AuthGate>
 */
export function SessionTimeoutDialog({
  className = '',
  messages,
  warnBefore,
}: SessionTimeoutDialogProps): ReactElement {
  const { signOut } = useRequiredClient('SessionTimeoutDialog')
  const { isOpen, secondsLeft, canExtend, isPending, error, extend, dismiss } = useSessionTimeout({
    warnBefore,
  })
  const texts: Messages = { ...signInEnglish, ...dialogEnglish, ...messages }
  const id = useId()
  const act = canExtend ? extend : dismiss
  const modalProps = useModal(isOpen, act)

  return (
    <dialog
      {...modalProps}
      role="alertdialog"
      className={`latchkey-dialog latchkey-timeout ${className}`}
      aria-labelledby={`${id}title`}
      aria-describedby={`${id}text`}
    >
      <h2 id={`${id}title`}>{texts.stillThere}</h2>
      <p id={`${id}text`} role="status" className="latchkey-lead">
        {canExtend ? texts.sessionEnds(roundUp(secondsLeft)) : texts.sessionLimit}
      </p>
      {/* Screen readers do not announce the changes of a timer. */}
      <p role="timer" className="latchkey-timer">
        {formatTimer(secondsLeft)}
      </p>
      <div role="alert" className="latchkey-summary">
        {error && describeError(error, [], false, texts)}
      </div>
      <button type="button" className="latchkey-submit" aria-disabled={isPending} onClick={act}>
        {isPending ? texts.extending : canExtend ? texts.staySignedIn : texts.continueWorking}
      </button>
      <button type="button" className="latchkey-sign-out" onClick={() => void signOut()}>
        {texts.signOut}
      </button>
    </dialog>
  )
}

/** Rounds up to whole minutes, and then to 30 and 10 seconds, so that the text changes rarely. */
const roundUp = (seconds: number): number =>
  seconds > 30 ? Math.ceil(seconds / 60) * 60 : seconds > 10 ? 30 : 10

const formatTimer = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
