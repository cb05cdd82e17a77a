import { AuthProvider } from '@latchkey/react'
import { useEffect } from 'react'
import { App } from './App.tsx'
import { KeyMark } from './Logo.tsx'
import { bindQueryCache } from './query-client.ts'
import { SignOutButton } from './SignOutButton.tsx'
import { SystemSwitch } from './SystemSwitch.tsx'
import { SystemContext, useSystemInAddress } from './useSystem.ts'

/** The page of whichever system the address names. Each has a session of its own, which lives on while another is shown. */
export function Layout() {
  const [system, selectSystem] = useSystemInAddress()
  useEffect(() => bindQueryCache(system), [system])
  return (
    <SystemContext value={system}>
      <AuthProvider client={system.auth}>
        <div className="page">
          <header className="top">
            <p className="brand">
              <KeyMark /> Latchkey
            </p>
            <SystemSwitch onChoose={selectSystem} />
            <SignOutButton />
          </header>
          <App key={system.id} />
        </div>
      </AuthProvider>
    </SystemContext>
  )
}
