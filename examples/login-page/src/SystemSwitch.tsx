import { useId } from 'react'
import { systems } from './systems/index.ts'
import { useSystem } from './useSystem.ts'

/** Selects the system. It keeps its focus while the page below changes. */
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
        // Otherwise browsers restore an earlier choice after a reload.
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
