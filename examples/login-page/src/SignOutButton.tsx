import { useAuth } from '@latchkey/react'
import { focusHeading } from './focus.ts'

export function SignOutButton() {
  const { status, signOut } = useAuth()
  if (status !== 'signed-in') return null

  const leave = async (): Promise<void> => {
    await signOut()
    focusHeading()
  }

  return (
    <button type="button" onClick={() => void leave()}>
      Sign out
    </button>
  )
}
