'use client'

import type { CredentialField } from '@latchkey/core'
import type { KeyboardEvent, ReactElement } from 'react'
import { useState } from 'react'
import type { UseSignInFormResult } from './sign-in-form-state.ts'

/** Label and input of one credential. A password can be shown until the form is submitted. */
export function CredentialRow({
  field,
  form: { messages, isPending, getInputProps },
}: {
  readonly field: CredentialField
  readonly form: UseSignInFormResult
}): ReactElement {
  const { label, type } = field
  const input = getInputProps(field)
  const { id } = input
  const [isShown, setShown] = useState(false)
  const [hasCapsLock, setCapsLock] = useState(false)
  const isPassword = type === 'password'
  if (isPending && isShown) setShown(false)
  const checkCapsLock = (event: KeyboardEvent): void => setCapsLock(event.getModifierState('CapsLock'))

  return (
    <div className="latchkey-field" data-type={type}>
      <label htmlFor={id}>{label}</label>
      <input
        {...input}
        {...(isPassword && {
          type: isShown ? 'text' : type,
          onKeyDown: checkCapsLock,
          onKeyUp: checkCapsLock,
          onBlur: () => setCapsLock(false),
        })}
        aria-describedby={`${input['aria-describedby'] ?? ''} ${id}hint`.trim()}
      />
      {isPassword && (
        <button type="button" className="latchkey-show" onClick={() => setShown(!isShown)}>
          {messages.showPassword(label, isShown)}
        </button>
      )}
      <p id={`${id}hint`} className="latchkey-hint" role="status">
        {hasCapsLock && messages.capsLock}
      </p>
    </div>
  )
}
