import { useAuth } from '@latchkey/react'
import { KeyMark } from './Logo.tsx'

/** Shown until it is known who is signed in. It fades in late, so that a quick answer shows nothing of it. */
export function Splash() {
  const auth = useAuth()
  const stuck = auth.status === 'restoring' && auth.error !== undefined
  return (
    <main className="splash" aria-busy="true">
      <KeyMark />
      <p role="status">{stuck ? 'The server cannot be reached. Trying again…' : 'One moment…'}</p>
    </main>
  )
}
