import { AuthProvider } from '@latchkey/react'
import { useEffect } from 'react'
import { App } from './App.tsx'
import { KeyMark } from './Logo.tsx'
import { follow } from './query-client.ts'
import { SignOutButton } from './SignOutButton.tsx'
import { SystemSwitch } from './SystemSwitch.tsx'
import { SystemContext, useSystemInAddress } from './useSystem.ts'

/** The page of whichever system the address names. Each has a session of its own, which lives on while another is shown. */
export function Frame() {
  const [system, choose] = useSystemInAddress()
  useEffect(() => follow(system), [system])
  return (
    <SystemContext value={system}>
      <AuthProvider client={system.auth}>
        <div className="page">
          <header className="top">
            <p className="brand">
              <KeyMark /> Latchkey
            </p>
            <SystemSwitch onChoose={choose} />
            <SignOutButton />
          </header>
          <App key={system.id} />
        </div>
      </AuthProvider>
    </SystemContext>
  )
}
