'use client'

import type { ReactElement, ReactNode } from 'react'
import { useAuthState } from './useAuthState.ts'
import type { Visibility } from './visibility.ts'
import { applyVisibility } from './visibility.ts'

export interface AuthGateProps {
  /** Shown until it is known who is signed in; nothing by default. */
  readonly restoring?: ReactNode
  /** Shown when nobody is signed in. */
  readonly signedOut: ReactNode
  /**
   * Shown beside the children when the session ended by itself, to sign in again: they stay mounted and
   * inert, with everything typed into them. Without it `signedOut` takes their place.
   */
  readonly expired?: ReactNode
  readonly children: ReactNode
}

/**
 * Shows its children to who is signed in, and to nobody else.
 *
 * The same user who signs in again finds them as they were, typed text and focus included; another user
 * gets a fresh tree. While the client asks again about a session (the page is back from the back-forward
 * cache, another tab signed in) they stay mounted, out of sight. What they render through a portal is
 * outside of this gate's reach.
 */
export function AuthGate({ restoring = null, signedOut, expired, children }: AuthGateProps): ReactElement {
  const { status, session } = useAuthState()
  const showsSignedOut = status === 'signed-out' || (status === 'expired' && expired === undefined)
  const visibility: Visibility = status === 'signed-in' ? 'none' : status === 'expired' ? 'inert' : 'hidden'
  // Each part has a place of its own, so that React never takes one for another.
  return (
    <>
      {session && !showsSignedOut && (
        <div key={session.subject} ref={(element) => void (element && applyVisibility(element, visibility))}>
          {children}
        </div>
      )}
      {status === 'restoring' && restoring}
      {status === 'expired' && expired}
      {showsSignedOut && signedOut}
    </>
  )
}
