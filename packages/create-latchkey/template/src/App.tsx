import { useEffect, useState } from 'react'
import { auth } from './auth.ts'

export function App() {
  const [items, setItems] = useState<{ id: number; name: string }[]>([])
  useEffect(() => {
    auth.fetch('/api/items').then(async (response) => setItems((await response.json()).data ?? []))
  }, [])
  return items.map(({ id, name }) => <p key={id}>{name}</p>)
}
