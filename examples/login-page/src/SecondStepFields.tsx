import type { CredentialField } from '@latchkey/core'
import { useId } from 'react'

export interface SecondStepFieldsProps {
  readonly fields: readonly CredentialField[]
  /** The user who is signing in. */
  readonly username: string
  /** The id of the element with the error; `null` without one. */
  readonly errorId: string | null
}

/** The further credentials of an account. Each is one input, so that a code can be pasted and autofilled. */
export function SecondStepFields({ fields, username, errorId }: SecondStepFieldsProps) {
  const id = useId()
  const lead = `${id}lead`
  return (
    <>
      <p id={lead} className="quiet-text">
        One more step for <strong>{username}</strong>.
      </p>
      {fields.map(({ name, label, type }) => {
        const isCode = type === 'otp'
        const field = id + name
        const hint = `${field}-hint`
        return (
          <div key={name} className="field">
            <label htmlFor={field}>{label}</label>
            <input
              id={field}
              name={name}
              className={isCode ? 'code' : undefined}
              type={type === 'password' ? 'password' : 'text'}
              inputMode={isCode ? 'numeric' : 'text'}
              autoComplete={isCode ? 'one-time-code' : 'off'}
              autoCapitalize="none"
              autoCorrect="off"
              spellCheck={false}
              required
              aria-invalid={errorId !== null}
              aria-describedby={`${errorId ?? ''} ${lead} ${isCode ? hint : ''}`.trim()}
            />
            {isCode && (
              <p id={hint} className="hint">
                From your authenticator app or a message.
              </p>
            )}
          </div>
        )
      })}
    </>
  )
}
