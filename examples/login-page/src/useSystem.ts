import { createContext, useContext, useEffect, useState } from 'react'
import { findSystem } from './systems/index.ts'
import type { System } from './systems/system.ts'

export const SystemContext = createContext<System>(findSystem(null))

/** The system that the page is about. */
export function useSystem(): System {
  return useContext(SystemContext)
}

/** The system that the address names (`?system=class`), and how to go to another: a reload, a link and Back keep it. */
export function useSystemInAddress(): readonly [System, (id: string) => void] {
  const [system, setSystem] = useState(systemInAddress)

  useEffect(() => {
    const follow = (): void => setSystem(systemInAddress())
    addEventListener('popstate', follow)
    return () => removeEventListener('popstate', follow)
  }, [])

  const choose = (id: string): void => {
    const address = new URL(location.href)
    address.searchParams.set('system', id)
    history.pushState(null, '', address)
    setSystem(systemInAddress())
  }

  return [system, choose]
}

function systemInAddress(): System {
  return findSystem(new URLSearchParams(location.search).get('system'))
}
