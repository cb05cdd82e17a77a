import { useId } from 'react'
import type { Asked } from './systems/system.ts'
import { capitalised } from './format.ts'

export function UsernameField({ name, called, known }: Asked & { readonly known: string }) {
  const field = useId()
  return (
    <div className="field">
      <label htmlFor={field}>{capitalised(called)}</label>
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
