import type { CredentialField } from '@latchkey/core'
import { useId } from 'react'

export interface SecondStepFieldsProps {
  readonly fields: readonly CredentialField[]
  /** Who is signing in. */
  readonly username: string
  /** The id of the element that says what was wrong; `null` when nothing was. */
  readonly wrong: string | null
}

/** What else the account asks for. Each is one field, so that it can be pasted and filled in. */
export function SecondStepFields({ fields, username, wrong }: SecondStepFieldsProps) {
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
              aria-invalid={wrong !== null}
              aria-describedby={`${wrong ?? ''} ${lead} ${isCode ? hint : ''}`.trim()}
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
