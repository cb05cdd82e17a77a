import type { CredentialField } from '@latchkey/core'
import type { KeyboardEvent } from 'react'
import { useEffect, useId, useRef, useState } from 'react'
import { inSentence } from './format.ts'

/** A password input that can show its value while the user types, and hides it again at submit. */
export function PasswordField({ name, label, optional }: CredentialField) {
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
      <label htmlFor={field}>{label}</label>
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
          required={!optional}
          aria-describedby={hint}
          onKeyDown={noticeCapsLock}
          onKeyUp={noticeCapsLock}
          onBlur={() => setCapsLock(false)}
        />
        <button
          type="button"
          className="quiet"
          aria-controls={field}
          aria-label={`${revealed ? 'Hide' : 'Show'} ${inSentence(label)}`}
          onClick={() => setRevealed(!revealed)}
        >
          {revealed ? 'Hide' : 'Show'}
        </button>
      </div>
      <p id={hint} role="status" className="hint">
        {capsLock && 'Caps Lock is on.'}
      </p>
      <p role="status" className="visually-hidden">
        {revealed && `Your ${inSentence(label)} is visible.`}
      </p>
    </div>
  )
}
