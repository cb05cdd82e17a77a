import { getSessionAccess } from './access.ts'
import type { SessionHandlers } from './machine-handlers.ts'
import { handleRestore } from './restore.ts'
import { handleOtherSessionsEnd, handleSessionEnd, handleSessionList } from './session-list.ts'
import { readSessionState } from './session-state.ts'
import { handleRecordedSignIn } from './recorded-sign-in.ts'
import { handleSignOut } from './sign-out.ts'
import { handleToken } from './token.ts'

/** The handlers for providers whose users sign in. */
export const sessionRoutes: SessionHandlers = {
  restore: handleRestore,
  signIn: handleRecordedSignIn,
  signOut: handleSignOut,
  token: handleToken,
  sessions: { list: handleSessionList, end: handleSessionEnd, endOthers: handleOtherSessionsEnd },
  access: getSessionAccess,
  readState: readSessionState,
}
