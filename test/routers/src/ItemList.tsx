import { useAuth } from '@latchkey/react'

export function ItemList({ items }: { items: string[] }) {
  const { signOut } = useAuth()
  return (
    <main>
      <h1>{items.join(', ')}</h1>
      <input aria-label="Note" />
      <button type="button" onClick={() => void signOut()}>
        Sign out
      </button>
    </main>
  )
}
