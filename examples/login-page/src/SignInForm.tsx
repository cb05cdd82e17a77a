import { AuthError } from '@latchkey/core'
import { useAuth } from '@latchkey/react'
import type { SubmitEvent } from 'react'
import { useId, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { focusFirstEmpty } from './focus.ts'
import { PasswordField } from './PasswordField.tsx'
import type { SecondStep } from './second-step.ts'
import { isNewChallenge, getNextStep } from './second-step.ts'
import { SecondStepFields } from './SecondStepFields.tsx'
import type { SignInFailure } from './sign-in-error.ts'
import { describeSignInError, getWaitSeconds } from './sign-in-error.ts'
import { useCountdown } from './useCountdown.ts'
import { UsernameField } from './UsernameField.tsx'
import { useSystem } from './useSystem.ts'
import { useTitle } from './useTitle.ts'
import { formatSeconds } from './format.ts'

export interface SignInFormProps {
  /** The name of the page or dialog that it stands in. */
  readonly title: string
  readonly username?: string
  /** Hears the username of every attempt. */
  readonly onUsername: (username: string) => void
  readonly onSignedIn?: () => void
}

/**
 * A form that password managers understand and that screen readers tell about. Its fields belong to the
 * browser (no state of ours), so that a manager can fill them at any moment.
 */
export function SignInForm({ title, username = '', onUsername, onSignedIn }: SignInFormProps) {
  const system = useSystem()
  const { fields } = system
  const { signIn } = useAuth()
  const [pending, setPending] = useState(false)
  const [failure, setFailure] = useState<SignInFailure | null>(null)
  const [step, setStep] = useState<SecondStep | null>(null)
  const [known, setKnown] = useState(username)
  const form = useRef<HTMLFormElement>(null)
  const summary = useRef<HTMLDivElement>(null)
  const summaryId = useId()
  const limit = getWaitSeconds(failure?.error)
  const wait = useCountdown(failure, limit)

  useTitle(`${failure ? 'Error: ' : step ? 'One more step: ' : ''}${title}`)

  const submit = async (): Promise<void> => {
    const typed = { ...step?.typed, ...readFields(form.current) }
    if (fields) {
      const name = typed[fields.username.name] ?? ''
      setKnown(name)
      onUsername(name)
    }
    setFailure(null)
    setPending(true)
    try {
      await signIn(typed, { challenge: step?.challenge.id })
      onSignedIn?.()
    } catch (error) {
      for (const input of form.current?.querySelectorAll('input') ?? [])
        if (input.name !== fields?.username.name) input.value = ''
      // An act that came after this one has taken its place: nothing failed.
      if (!(error instanceof DOMException && error.name === 'AbortError')) fail(error, typed)
    } finally {
      setPending(false)
    }
  }

  const fail = (error: unknown, typed: Record<string, string>): void => {
    const next = AuthError.is(error) ? getNextStep(error, typed, step) : step
    // Now, because the focus goes into what this brings.
    flushSync(() => {
      setStep(next)
      setFailure(isNewChallenge(next, step) ? null : { error, atSecondStep: step !== null })
    })
    if (next) focusFirstEmpty(form.current)
    else summary.current?.focus()
  }

  const startAgain = (): void => {
    if (pending) return
    flushSync(() => {
      setStep(null)
      setFailure(null)
    })
    focusFirstEmpty(form.current)
  }

  // `onSubmit`, not an `action`: after an action React empties the form, username and all.
  const onSubmit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault()
    if (!pending && wait === 0) void submit()
  }

  return (
    <form ref={form} className="sign-in-form" onSubmit={onSubmit}>
      <div ref={summary} id={summaryId} role="alert" tabIndex={-1} className="error-summary">
        {failure && describeSignInError(failure, system)}
      </div>

      {step && (
        <SecondStepFields
          fields={step.challenge.fields}
          username={known}
          wrong={failure ? summaryId : null}
        />
      )}
      {!step && fields && (
        <>
          <UsernameField {...fields.username} known={known} />
          <PasswordField {...fields.password} />
        </>
      )}

      {/* Never disabled: it would lose the focus, and say nothing. */}
      <button type="submit" className="primary" aria-disabled={pending || wait > 0}>
        {pending ? 'Signing in…' : wait > 0 ? `Wait ${formatSeconds(wait)}` : 'Sign in'}
      </button>
      <p role="status" className="visually-hidden">
        {pending && 'Signing in'}
        {limit > 0 && wait === 0 && 'You can try again now.'}
      </p>
      {step && (
        <button type="button" className="link" onClick={startAgain}>
          Start again
        </button>
      )}
    </form>
  )
}

/** What was typed, by the names of the fields. */
function readFields(form: HTMLFormElement | null): Record<string, string> {
  const inputs = [...(form?.querySelectorAll('input') ?? [])]
  return Object.fromEntries(inputs.map(({ name, value }) => [name, value]))
}
