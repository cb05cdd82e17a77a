import { useId } from 'react'
import { capitalize } from './format.ts'

export interface SecondStepFieldsProps {
  /** The names of what is asked for. */
  readonly ask: readonly string[]
  /** Who is signing in. */
  readonly username: string
  /** The id of the element that says what was wrong; `null` when nothing was. */
  readonly wrong: string | null
}

/** What else the account asks for. Each is one field, so that it can be pasted and filled in. */
export function SecondStepFields({ ask, username, wrong }: SecondStepFieldsProps) {
  const id = useId()
  const lead = `${id}lead`
  return (
    <>
      <p id={lead} className="quiet-text">
        One more step for <strong>{username}</strong>.
      </p>
      {ask.map((name) => {
        const isCode = /otp|code|pin/i.test(name)
        const field = id + name
        const hint = `${field}-hint`
        return (
          <div key={name} className="field">
            <label htmlFor={field}>{isCode ? 'One-time code' : capitalize(name.replaceAll('_', ' '))}</label>
            <input
              id={field}
              name={name}
              className={isCode ? 'code' : undefined}
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
