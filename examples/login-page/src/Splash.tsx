import { useAuth } from '@latchkey/react'
import { Logo } from './Logo.tsx'

/** Shown while the session is restored. It fades in late, so that a quick response shows nothing of it. */
export function Splash() {
  const auth = useAuth()
  const isOffline = auth.status === 'restoring' && auth.error !== undefined
  return (
    <main className="splash" aria-busy="true">
      <Logo />
      <p role="status">{isOffline ? 'The server cannot be reached. Trying again…' : 'One moment…'}</p>
    </main>
  )
}
