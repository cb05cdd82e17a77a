import type { KeyboardEvent } from 'react'
import { useEffect, useId, useRef, useState } from 'react'
import type { CredentialField } from './systems/system.ts'
import { capitalize } from './format.ts'

/** A password that can be looked at while it is typed, and is covered again when it is sent. */
export function PasswordField({ name, label: called }: CredentialField) {
  const [revealed, setRevealed] = useState(false)
  const [capsLock, setCapsLock] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const field = useId()
  const hint = useId()

  useEffect(() => {
    const form = input.current?.form
    const cover = (): void => setRevealed(false)
    form?.addEventListener('submit', cover)
    return () => form?.removeEventListener('submit', cover)
  }, [])

  const noticeCapsLock = (event: KeyboardEvent): void => setCapsLock(event.getModifierState('CapsLock'))

  return (
    <div className="field">
      <label htmlFor={field}>{capitalize(called)}</label>
      <div className="password">
        <input
          ref={input}
          id={field}
          name={name}
          type={revealed ? 'text' : 'password'}
          autoComplete="current-password"
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          required
          aria-describedby={hint}
          onKeyDown={noticeCapsLock}
          onKeyUp={noticeCapsLock}
          onBlur={() => setCapsLock(false)}
        />
        <button
          type="button"
          className="quiet"
          aria-controls={field}
          aria-label={`${revealed ? 'Hide' : 'Show'} ${called}`}
          onClick={() => setRevealed(!revealed)}
        >
          {revealed ? 'Hide' : 'Show'}
        </button>
      </div>
      <p id={hint} role="status" className="hint">
        {capsLock && 'Caps Lock is on.'}
      </p>
      <p role="status" className="visually-hidden">
        {revealed && `Your ${called} is visible.`}
      </p>
    </div>
  )
}
