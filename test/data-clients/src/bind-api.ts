import type { AuthClient } from '@latchkey/core'

/** Removes what a user has loaded, when that user has signed out or another one has signed in. */
export function bindApi(auth: AuthClient, resetApiState: () => void): () => void {
  return auth.subscribe(({ session }, previous) => {
    if (previous.session && session?.subject !== previous.session.subject) resetApiState()
  })
}
