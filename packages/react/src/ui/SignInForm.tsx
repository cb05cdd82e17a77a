'use client'

import type { ReactElement, ReactNode } from 'react'
import { useEffect, useRef } from 'react'
import { useAuthState } from '../useAuthState.ts'
import { CredentialRow } from './CredentialRow.tsx'
import type { SignInFormOptions } from './sign-in-form-state.ts'
import { useSignInForm } from './useSignInForm.ts'

/** The props of {@link SignInForm}. */
export interface SignInFormProps extends SignInFormOptions {
  /** Added to the class `latchkey-sign-in`. */
  readonly className?: string | undefined
  /** Above the fields; default: why the user is signed out. */
  readonly lead?: ReactNode
  /** Below the fields of the first step, for example a link for a forgotten password. */
  readonly beforeSubmit?: ReactNode
  /** At the end, for example the terms. */
  readonly afterSubmit?: ReactNode
}

/**
 * A sign-in form with the fields that the BFF describes, for password managers, keyboards and screen readers. It has no
 * styles: import `@latchkey/react/ui.css`, or use its class names.
 *
 * @throws {Error} outside an `AuthProvider`
 *
 * @example
 * <AuthGate signedOut={<SignInForm beforeSubmit={<a href="/forgot">Forgot your password?</a>} />}>
 *   <Portal />
 * </AuthGate>
 */
export function SignInForm({
  className = '',
  lead,
  beforeSubmit,
  afterSubmit,
  ...options
}: SignInFormProps): ReactElement {
  const form = useSignInForm(options)
  const { messages, challenge, fields, isPending, failure, secondsLeft } = form
  const { status, reason } = useAuthState('useSignInForm')
  const leadElement = useRef<HTMLParagraphElement>(null)
  // On a first visit nothing has ended.
  const why =
    reason && (status === 'expired' || reason !== 'no_session') && (messages[reason] ?? messages.sessionEnded)

  useEffect(() => {
    // The page of the signed-in user is gone, and the focus with it.
    if (document.activeElement === document.body) leadElement.current?.focus()
  }, [])

  return (
    <form
      {...form.formProps}
      className={`latchkey-sign-in ${className}`}
      data-step={challenge ? 'challenge' : 'credentials'}
      data-error={failure?.code}
    >
      {lead === undefined && why ? (
        <p ref={leadElement} tabIndex={-1} className="latchkey-lead">
          {why}
        </p>
      ) : (
        lead
      )}
      <div {...form.summaryProps} className="latchkey-summary">
        {failure?.text}
      </div>
      {challenge && (
        <p className="latchkey-lead">
          {messages.secondStep(form.username)}
          {/* For password managers, which look for the user of the code. */}
          <input hidden readOnly autoComplete="username" value={form.username} />
        </p>
      )}
      {fields.map((field) => (
        <CredentialRow key={(challenge ? '+' : '') + field.name} field={field} form={form} />
      ))}
      {!challenge && beforeSubmit}
      {options.remember === undefined && (
        <label className="latchkey-remember" hidden={Boolean(challenge)}>
          <input {...form.rememberProps} />
          {messages.remember}
        </label>
      )}
      <button {...form.submitProps} className="latchkey-submit">
        {isPending ? messages.signingIn : secondsLeft ? messages.wait(secondsLeft) : messages.signIn}
      </button>
      <p role="status" className="latchkey-status">
        {form.status}
      </p>
      {challenge && (
        <button type="button" className="latchkey-start-again" onClick={form.startAgain}>
          {messages.startAgain}
        </button>
      )}
      {afterSubmit}
    </form>
  )
}
