import { useAuth, useAuthorizedFetch } from '@latchkey/react'
import { useEffect, useState } from 'react'

export function Items() {
  const { signOut } = useAuth()
  const authorizedFetch = useAuthorizedFetch()
  const [items, setItems] = useState<string[]>([])

  useEffect(() => {
    void authorizedFetch('/api/items').then(async (response) => setItems(await response.json()))
  }, [authorizedFetch])

  return (
    <main>
      <h1>{items.join(', ')}</h1>
      <label>
        Note <input />
      </label>
      <button type="button" onClick={() => void signOut()}>
        Sign out
      </button>
    </main>
  )
}
