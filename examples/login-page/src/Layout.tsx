import { AuthProvider } from '@latchkey/react'
import { useEffect } from 'react'
import { App } from './App.tsx'
import { Logo } from './Logo.tsx'
import { bindQueryCache } from './query-client.ts'
import { SignOutButton } from './SignOutButton.tsx'
import { SystemSwitch } from './SystemSwitch.tsx'
import { SystemContext, useSystemInUrl } from './useSystem.ts'

/** The page of the selected system. Each system has its own session, which continues while another is shown. */
export function Layout() {
  const [system, selectSystem] = useSystemInUrl()
  useEffect(() => bindQueryCache(system), [system])
  return (
    <SystemContext value={system}>
      <AuthProvider client={system.auth}>
        <div className="page">
          <header className="top">
            <p className="brand">
              <Logo /> Latchkey
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
