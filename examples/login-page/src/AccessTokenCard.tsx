import { useAccessToken } from '@latchkey/react'
import { useEffect, useState } from 'react'

/** The only component that reads the token, so the only one that renders when it is refreshed. */
export function AccessTokenCard() {
  const token = useAccessToken()
  return (
    <section className="card" aria-labelledby="access-token">
      <h2 id="access-token">Access token</h2>
      {token === null ? (
        <p className="quiet-text">None at the moment</p>
      ) : (
        <>
          <p>
            <code>{shortened(token)}</code>
          </p>
          {/* Another token starts another count. */}
          <Age key={token} />
        </>
      )}
    </section>
  )
}

function Age() {
  const [received] = useState(() => Date.now())
  const [now, setNow] = useState(received)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  return <p className="quiet-text">Received {ago(Math.max(0, Math.round((now - received) / 1000)))}</p>
}

/** Enough to see that it has changed. */
function shortened(token: string): string {
  return `${token.slice(0, 6)}…${token.slice(-4)}`
}

function ago(seconds: number): string {
  if (seconds < 5) return 'just now'
  if (seconds < 60) return `${seconds} s ago`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} min ago` : `${Math.floor(minutes / 60)} h ${minutes % 60} min ago`
}
