import { useEffect, useState } from 'react'
import { auth } from './auth.ts'
import { ItemList } from './ItemList.tsx'

export function ItemsPage() {
  const [items, setItems] = useState<string[]>([])
  useEffect(() => {
    void auth.fetch('/api/items').then(async (response) => setItems(await response.json()))
  }, [])
  return <ItemList items={items} />
}
