import { useId } from 'react'
import { systems } from './systems/index.ts'
import { useSystem } from './useSystem.ts'

/** It stays where it is, focus and all, while the page below it becomes another system's. */
export function SystemSwitch({ onChoose }: { readonly onChoose: (id: string) => void }) {
  const { id } = useSystem()
  const field = useId()
  return (
    <div className="switch">
      <label htmlFor={field}>System</label>
      <select
        id={field}
        value={id}
        onChange={(event) => onChoose(event.target.value)}
        // Else a browser may put back on a reload what was chosen before it.
        autoComplete="off"
      >
        {systems.map((system) => (
          <option key={system.id} value={system.id}>
            {system.label}
          </option>
        ))}
      </select>
    </div>
  )
}
