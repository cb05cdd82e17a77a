'use client'

import type { ReactElement, ReactNode } from 'react'
import { useAuthState } from './useAuthState.ts'
import type { Visibility } from './visibility.ts'
import { applyVisibility } from './visibility.ts'

/** The props of {@link AuthGate}. */
export interface AuthGateProps {
  /** Rendered until the client knows whether a user is signed in; default: nothing. */
  readonly restoring?: ReactNode
  /** Rendered when no user is signed in, for example the sign-in page. */
  readonly signedOut: ReactNode
  /**
   * Rendered beside the children when the session has expired, for example a sign-in dialog. The children stay mounted
   * and inert, with everything that the user typed. Without it, `signedOut` replaces the children.
   */
  readonly expired?: ReactNode
  /** Rendered for signed-in users only. */
  readonly children: ReactNode
}

/**
 * Renders its children only for signed-in users.
 *
 * When the same user signs in again after the session expired, the children are unchanged, including typed text and
 * focus. Another user gets new children. While the client checks a session again (after the back-forward cache, or a
 * sign-in in another tab), the children stay mounted and hidden. Content that the children render through a React portal
 * is hidden only if its container is inside the gate: see "Portals" in docs/options.md.
 *
 * @throws {Error} outside an `AuthProvider`
 *
 * @example
 * <AuthGate restoring={<Spinner />} signedOut={<SignInPage />} expired={<SignInDialog />}>
 *   <Portal />
 * </AuthGate>
 */
export function AuthGate({ restoring = null, signedOut, expired, children }: AuthGateProps): ReactElement {
  const { status, session } = useAuthState('AuthGate')
  const showsSignedOut = status === 'signed-out' || (status === 'expired' && expired === undefined)
  const visibility: Visibility =
    status === 'signed-in' ? 'visible' : status === 'expired' ? 'inert' : 'hidden'
  // Each part has a fixed position, so that React never reuses the state of one for another.
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
