import { useId } from 'react'
import type { CredentialField } from './systems/system.ts'
import { capitalize } from './format.ts'

export function UsernameField({ name, label: called, known }: CredentialField & { readonly known: string }) {
  const field = useId()
  return (
    <div className="field">
      <label htmlFor={field}>{capitalize(called)}</label>
      <input
        id={field}
        name={name}
        defaultValue={known}
        autoComplete="username"
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        required
      />
    </div>
  )
}
