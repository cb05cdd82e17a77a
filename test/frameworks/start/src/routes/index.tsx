import { useAuth } from '@latchkey/react'
import { createFileRoute } from '@tanstack/react-router'

export const Route = createFileRoute('/')({ component: Inbox })

function Inbox() {
  const { user } = useAuth()
  return <h1>Inbox of {(user as { first_name: string }).first_name}</h1>
}
