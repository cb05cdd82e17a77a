import { createContext, useContext, useEffect, useState } from 'react'
import { findSystem } from './systems/index.ts'
import type { System } from './systems/system.ts'

export const SystemContext = createContext<System>(findSystem(null))

/** The system that the page shows. */
export function useSystem(): System {
  return useContext(SystemContext)
}

/** The system in the page's URL (`?system=class`), and a function that selects another; reload, links and Back keep it. */
export function useSystemInUrl(): readonly [System, (id: string) => void] {
  const [system, setSystem] = useState(readSystemInUrl)

  useEffect(() => {
    const update = (): void => setSystem(readSystemInUrl())
    addEventListener('popstate', update)
    return () => removeEventListener('popstate', update)
  }, [])

  const selectSystem = (id: string): void => {
    const url = new URL(location.href)
    url.searchParams.set('system', id)
    history.pushState(null, '', url)
    setSystem(readSystemInUrl())
  }

  return [system, selectSystem]
}

function readSystemInUrl(): System {
  return findSystem(new URLSearchParams(location.search).get('system'))
}
