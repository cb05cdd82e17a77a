import { useEffect } from 'react'

/** Names the page while the component is mounted; the innermost one that is mounted last has its way. */
export function useTitle(title: string): void {
  useEffect(() => {
    const before = document.title
    document.title = title
    return () => {
      document.title = before
    }
  }, [title])
}
