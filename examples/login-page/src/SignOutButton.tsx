import { useAuth } from '@latchkey/react'

export function SignOutButton() {
  const { status, signOut } = useAuth()
  if (status !== 'signed-in') return null
  return (
    <button type="button" onClick={() => void signOut()}>
      Sign out
    </button>
  )
}
