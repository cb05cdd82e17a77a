import { useEffect, useState } from 'react'

/** Whole seconds left of `from`; a new `start` restarts the countdown, and `null` makes it 0. */
export function useCountdown(start: object | null, from: number): number {
  const [passed, setPassed] = useState({ start, seconds: 0 })
  const left = start === null ? 0 : Math.max(0, from - (passed.start === start ? passed.seconds : 0))
  const running = left > 0

  useEffect(() => {
    if (!running) return
    const begun = performance.now()
    const timer = setInterval(
      () => setPassed({ start, seconds: Math.floor((performance.now() - begun) / 1000) }),
      1000,
    )
    return () => clearInterval(timer)
  }, [start, running])

  return left
}
