import { useAuth } from '@latchkey/react'
import type { SubmitEvent } from 'react'
import { useEffect, useId, useRef, useState } from 'react'
import { PasswordField } from './PasswordField.tsx'
import { seconds, signInErrorText, waitFor } from './sign-in-error.ts'
import { useCountdown } from './useCountdown.ts'
import { useTitle } from './useTitle.ts'

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
  const { signIn } = useAuth()
  const [pending, setPending] = useState(false)
  const [failure, setFailure] = useState<{ readonly error: unknown } | null>(null)
  const summary = useRef<HTMLDivElement>(null)
  const usernameField = useId()
  const limit = waitFor(failure?.error)
  const wait = useCountdown(failure, limit)

  useTitle(failure ? `Error: ${title}` : title)
  useEffect(() => {
    if (failure) summary.current?.focus()
  }, [failure])

  const submit = async (form: HTMLFormElement): Promise<void> => {
    const password = inputOf(form, 'password')
    const credentials = { username: inputOf(form, 'username').value, password: password.value }
    onUsername(credentials.username)
    setFailure(null)
    setPending(true)
    try {
      await signIn(credentials)
      onSignedIn?.()
    } catch (error) {
      password.value = ''
      // An act that came after this one has taken its place: nothing failed.
      if (!(error instanceof DOMException && error.name === 'AbortError')) setFailure({ error })
    } finally {
      setPending(false)
    }
  }

  // `onSubmit`, not an `action`: after an action React empties the form, username and all.
  const onSubmit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault()
    if (!pending && wait === 0) void submit(event.currentTarget)
  }

  return (
    <form className="sign-in-form" onSubmit={onSubmit}>
      <div ref={summary} role="alert" tabIndex={-1} className="error-summary">
        {failure && signInErrorText(failure.error)}
      </div>

      <div className="field">
        <label htmlFor={usernameField}>Username</label>
        <input
          id={usernameField}
          name="username"
          defaultValue={username}
          autoComplete="username"
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          required
        />
      </div>
      <PasswordField />

      {/* Never disabled: it would lose the focus, and say nothing. */}
      <button type="submit" className="primary" aria-disabled={pending || wait > 0}>
        {pending ? 'Signing in…' : wait > 0 ? `Wait ${seconds(wait)}` : 'Sign in'}
      </button>
      <p role="status" className="visually-hidden">
        {pending && 'Signing in'}
        {limit > 0 && wait === 0 && 'You can try again now.'}
      </p>
    </form>
  )
}

function inputOf(form: HTMLFormElement, name: string): HTMLInputElement {
  const input = form.elements.namedItem(name)
  if (!(input instanceof HTMLInputElement)) throw new Error(`The form has no input called ${name}`)
  return input
}
