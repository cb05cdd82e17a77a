import { useAccessToken, useAuthClient } from '@latchkey/react'
import { useEffect, useState } from 'react'
import { useSystem } from './useSystem.ts'

/** The only component that reads the token, and so the only one that a refresh renders. */
export function AccessTokenCard() {
  const token = useAccessToken()
  const { holdsToken } = useSystem()
  return (
    <section className="card" aria-labelledby="access-token">
      <h2 id="access-token">Access token</h2>
      {token === null ? (
        <p className="quiet-text">
          {holdsToken ? 'None right now' : 'Stays on the server; the page does not need it'}
        </p>
      ) : (
        <>
          <p>
            <code>{abbreviateToken(token)}</code>
          </p>
          {/* A new token restarts the countdown. */}
          <TimeLeft key={token} />
        </>
      )}
    </section>
  )
}

function TimeLeft() {
  const { accessToken } = useAuthClient()
  const [left, setLeft] = useState(accessToken.secondsLeft)
  useEffect(() => {
    const timer = setInterval(() => setLeft(accessToken.secondsLeft()), 1000)
    return () => clearInterval(timer)
  }, [accessToken])
  return (
    <p className="quiet-text">
      {left === Infinity ? 'Valid until the API rejects it' : `${formatTimeLeft(left)} left`}
    </p>
  )
}

/** Enough of the token to see that it changed. */
function abbreviateToken(token: string): string {
  return `${token.slice(0, 6)}…${token.slice(-4)}`
}

function formatTimeLeft(left: number): string {
  const seconds = Math.max(0, Math.floor(left))
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  if (hours >= 48) return `${Math.floor(hours / 24)} days`
  if (hours > 0) return `${hours} h ${minutes % 60} min`
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`
}
