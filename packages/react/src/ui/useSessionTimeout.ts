'use client'

import { AuthError } from '@latchkey/core'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useRequiredClient } from '../useAuthClient.ts'
import { useAuthState } from '../useAuthState.ts'

/** The options of {@link useSessionTimeout}. */
export interface SessionTimeoutOptions {
  /** Seconds before the end of the session at which the warning begins; default 120, at least 20 (WCAG 2.2.1). */
  readonly warnBefore?: number | undefined
}

/** The result of {@link useSessionTimeout}. */
export interface UseSessionTimeoutResult {
  /** Whether to warn the user. */
  readonly isOpen: boolean
  /** Whole seconds until the session ends, while {@link isOpen}. */
  readonly secondsLeft: number
  /** Whether `extend` can help: `false` after it did not, because the session reaches its maximum age. */
  readonly canExtend: boolean
  readonly isPending: boolean
  /** Why the latest `extend` failed. */
  readonly error: AuthError | undefined
  /** Tells the BFF that the user is active, which ends the warning unless the session reaches its maximum age. */
  readonly extend: () => void
  /** Ends the warning although the session will end, so that the user can save work. */
  readonly dismiss: () => void
}

const minWarningSeconds = 20
/** Between two questions whether another tab has used the session. */
const checkIntervalMs = 15_000
/** An end that moves by less is the same: responses say it in whole seconds. */
const sameEndMs = 2000

/**
 * Warns before the session ends: it follows the idle time of the server, which all tabs share. Before the warning, and
 * every 15 seconds while it lasts, it asks the BFF whether another tab has used the session.
 *
 * @throws {Error} outside an `AuthProvider`
 *
 * @example
 * const { isOpen, secondsLeft, extend } = useSessionTimeout({ warnBefore: 300 })
 * return isOpen && <button onClick={extend}>Stay signed in ({secondsLeft} s)</button>
 */
export function useSessionTimeout({ warnBefore = 120 }: SessionTimeoutOptions = {}): UseSessionTimeoutResult {
  const { sessionEnd, extend, platform } = useRequiredClient('useSessionTimeout')
  const { status } = useAuthState('useSessionTimeout')
  const [secondsLeft, setSecondsLeft] = useState<number | null>(null)
  /** After an extension by less than `warnBefore`, half of that time passes before the next warning. */
  const [warnAt, setWarnAt] = useState(Infinity)
  const [canExtend, setCanExtend] = useState(true)
  const [isDismissed, setDismissed] = useState(false)
  const [isPending, setPending] = useState(false)
  const [error, setError] = useState<AuthError>()
  const checkedAt = useRef(-Infinity)
  const warningSeconds = Math.min(Math.max(warnBefore, minWarningSeconds), warnAt)

  useEffect(() => {
    let timer: unknown
    let isActive = true
    const update = (): void => {
      platform.clearTimeout(timer as never)
      const left = sessionEnd.secondsLeft()
      const isDue = left <= warningSeconds
      const now = platform.performance.now()
      // A hidden page has nobody to warn, and checks when it is shown.
      const intervalMs = left > 0 ? checkIntervalMs : 1000
      const isCheckDue = isDue && !platform.document.hidden && now >= checkedAt.current + intervalMs
      if (isCheckDue) {
        checkedAt.current = now
        sessionEnd.check().then(show, show)
      }
      if (!isDue) {
        checkedAt.current = -Infinity
        setSecondsLeft(null)
        setDismissed(false)
        setCanExtend(true)
      } else if (!isCheckDue) show()
      const delay = isDue ? 1000 : (left - warningSeconds) * 1000
      if (sessionEnd.get() !== null) timer = platform.setTimeout(update, Math.min(delay, 2 ** 31 - 1))
    }
    const show = (): void => {
      const left = sessionEnd.secondsLeft()
      if (isActive) setSecondsLeft(left <= warningSeconds ? Math.max(0, Math.ceil(left)) : null)
    }
    const unsubscribe = sessionEnd.subscribe(update)
    update()
    return () => {
      isActive = false
      unsubscribe()
      platform.clearTimeout(timer as never)
    }
  }, [platform, sessionEnd, warningSeconds])

  const extendSession = useCallback(async (): Promise<void> => {
    const before = sessionEnd.get()
    setPending(true)
    setError(undefined)
    try {
      await extend()
      const isExtended = before === null || (sessionEnd.get() ?? Infinity) > before + sameEndMs
      setCanExtend(isExtended)
      if (isExtended) setWarnAt(Math.max(minWarningSeconds, sessionEnd.secondsLeft() / 2))
    } catch (cause) {
      if (!AuthError.is(cause)) throw cause
      setError(cause)
    } finally {
      setPending(false)
    }
  }, [extend, sessionEnd])

  return {
    isOpen: status === 'signed-in' && secondsLeft !== null && !isDismissed,
    secondsLeft: secondsLeft ?? 0,
    canExtend,
    isPending,
    error,
    extend: () => void (isPending || extendSession()),
    dismiss: () => setDismissed(true),
  }
}
