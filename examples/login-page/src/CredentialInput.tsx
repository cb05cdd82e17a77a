import type { CredentialField } from '@latchkey/core'
import { useId } from 'react'
import { PasswordField } from './PasswordField.tsx'

export interface CredentialInputProps {
  readonly field: CredentialField
  readonly defaultValue: string
}

/** The input of one credential, with the label that the provider uses. */
export function CredentialInput({ field, defaultValue }: CredentialInputProps) {
  const id = useId()
  if (field.type === 'password') return <PasswordField {...field} />
  return (
    <div className="field">
      <label htmlFor={id}>{field.label}</label>
      <input
        id={id}
        name={field.name}
        defaultValue={defaultValue}
        autoComplete={field.type === 'otp' ? 'one-time-code' : 'username'}
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        required={!field.optional}
      />
    </div>
  )
}
