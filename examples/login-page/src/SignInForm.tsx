import { AuthError } from '@latchkey/core'
import { useAuth } from '@latchkey/react'
import type { SubmitEvent } from 'react'
import { useId, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { CredentialInput } from './CredentialInput.tsx'
import { focusFirstEmpty } from './focus.ts'
import { formatSeconds } from './format.ts'
import type { SecondStep } from './second-step.ts'
import { getNextStep, isNewChallenge } from './second-step.ts'
import { SecondStepFields } from './SecondStepFields.tsx'
import type { SignInFailure } from './sign-in-error.ts'
import { describeSignInError, getWaitSeconds } from './sign-in-error.ts'
import { useCountdown } from './useCountdown.ts'
import { useCredentialFields } from './useCredentialFields.ts'
import { useTitle } from './useTitle.ts'

export interface SignInFormProps {
  /** The title of the page or dialog around the form. */
  readonly title: string
  readonly username?: string
  /** Called with the username of every attempt. */
  readonly onUsername: (username: string) => void
  readonly onSignedIn?: () => void
}

/**
 * A sign-in form for password managers, keyboards and screen readers. The BFF says which fields it has. The inputs are
 * uncontrolled, so that a password manager can fill them at any time.
 */
export function SignInForm({ title, username = '', onUsername, onSignedIn }: SignInFormProps) {
  const fields = useCredentialFields()
  const userField = fields.find(({ type }) => type === 'text')?.name ?? 'username'
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
    const credentials = { ...step?.credentials, ...readInputs(form.current) }
    const name = credentials[userField] ?? ''
    setKnown(name)
    onUsername(name)
    setFailure(null)
    setPending(true)
    try {
      await signIn(credentials, { challenge: step?.challenge.id })
      onSignedIn?.()
    } catch (error) {
      for (const input of form.current?.querySelectorAll('input') ?? [])
        if (input.name !== userField) input.value = ''
      // A newer sign-in or a sign-out replaced this one, which is no failure.
      if (!(error instanceof DOMException && error.name === 'AbortError')) fail(error, credentials)
    } finally {
      setPending(false)
    }
  }

  const fail = (error: unknown, credentials: Record<string, string>): void => {
    const next = AuthError.is(error) ? getNextStep(error, credentials, step) : step
    // Synchronously, because the focus moves into what this renders.
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

  // `onSubmit` instead of an `action`, after which React empties the form.
  const onSubmit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault()
    if (!pending && wait === 0) void submit()
  }

  return (
    <form ref={form} className="sign-in-form" method="post" onSubmit={onSubmit}>
      <div ref={summary} id={summaryId} role="alert" tabIndex={-1} className="error-summary">
        {failure && describeSignInError(failure, fields)}
      </div>

      {step && (
        <SecondStepFields
          fields={step.challenge.fields}
          username={known}
          errorId={failure ? summaryId : null}
        />
      )}
      {!step &&
        fields.map((field) => (
          <CredentialInput
            key={field.name}
            field={field}
            defaultValue={field.name === userField ? known : ''}
          />
        ))}

      {/* Never disabled: a disabled button loses the focus and explains nothing. */}
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

/** The values of the form, by the names of its inputs. */
function readInputs(form: HTMLFormElement | null): Record<string, string> {
  const inputs = [...(form?.querySelectorAll('input') ?? [])]
  return Object.fromEntries(inputs.map(({ name, value }) => [name, value]))
}
