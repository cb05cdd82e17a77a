import { useEffect } from 'react'

/** Names the page for as long as the component is mounted. */
export function useTitle(title: string): void {
  useEffect(() => {
    const before = document.title
    document.title = `${title} – Latchkey`
    return () => {
      document.title = before
    }
  }, [title])
}
