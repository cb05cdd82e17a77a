import { sessionPath } from '@latchkey/wire'
import { diagnosis } from '#diagnosis'
import type { AuthState } from './auth-state.ts'
import { sendBffRequest } from './bff-request.ts'
import type { Platform } from './platform.ts'

/**
 * Reports a session cookie that the browser has dropped, which it does silently: in token mode the page then works until
 * its next load. For development builds.
 *
 * @param sessionId the session of the sign-in that has just succeeded
 */
export async function checkCookie(
  platform: Platform,
  basePath: string,
  sessionId: string,
  getAuth: () => AuthState,
): Promise<void> {
  if (!platform.console) return
  const response = await sendBffRequest(platform, 'GET', basePath, `${sessionPath}?peek`).catch(() => null)
  const { status, session } = getAuth()
  if (response?.session === null && status === 'signed-in' && session.id === sessionId)
    diagnosis?.reportLostCookie(platform)
}
