import type { SessionResponse, SignInRequest, TokenRequest } from '@latchkey/wire'
import { sessionPath, tokenPath } from '@latchkey/wire'
import type { ClientState, Session, SessionResult } from './auth-state.ts'
import { sendBffRequest } from './bff-request.ts'
import { AuthError, createLoginRequiredError } from './errors.ts'
import type { Platform, StartedRestore } from './platform.ts'
import { tryOrUndefined } from './platform.ts'
import { createAccessToken, proxyModeToken } from './token.ts'
import type { StandardSchema } from './user.ts'
import { parseUser } from './user.ts'

/** The requests of a client whose responses contain a session. */
export interface SessionRequests<User> {
  /** @param onResponse called when the response has arrived, before the schema reads the user */
  readonly fetchSession: (
    signal: AbortSignal,
    path?: string,
    body?: SignInRequest | TokenRequest,
    started?: StartedRestore,
    onResponse?: () => void,
  ) => Promise<SessionResult<User>>
  /** Fetches what the state needs next: the session, or a newer token. */
  readonly fetchNext: (state: ClientState<User>, signal: AbortSignal) => Promise<SessionResult<User>>
  /** The sessions that a user has signed out of: every response with one of them is dropped. */
  readonly droppedSessions: Set<string>
  /** The latest response, which contains the mode and how users sign in. */
  readonly getLatest: () => SessionResponse | undefined
  /** When the session of the latest response ends at the latest, on the page clock; `null` when unknown. */
  readonly getSessionEnd: () => number | null
}

/**
 * @param initialUser the user of the initial session before the schema parsed it
 * @param onUserRejected called when the schema rejects the user of a session
 */
export function createSessionRequests<User>(
  platform: Platform,
  basePath: string,
  schema: StandardSchema<User> | undefined,
  now: () => number,
  initialSession: Session<User> | null,
  initialUser: unknown,
  onUserRejected: (sessionId: string) => void,
): SessionRequests<User> {
  const droppedSessions = new Set<string>()
  let latest: SessionResponse | undefined
  let sessionEnd: number | null = null
  /** The latest session and its JSON in the response, because the output of a schema may not be comparable. */
  let session = initialSession
  let sessionText = tryOrUndefined(
    () => session && JSON.stringify([session.id, session.subject, initialUser, session.scope]),
  )

  const fetchSession: SessionRequests<User>['fetchSession'] = async (
    signal,
    path = sessionPath,
    body,
    started,
    onResponse,
  ) => {
    const sentAt = started?.sentAt ?? now()
    try {
      const method = body ? 'POST' : 'GET'
      const response = await sendBffRequest(platform, method, basePath, path, signal, body, started)
      const { session: wire, mode, token: wireToken, reason } = (latest = response)
      if (!wire) throw createLoginRequiredError(reason)
      // The page stood still during its sign-in, and the session may have ended: as if the response were lost.
      if (onResponse && now() - sentAt > 10_000) throw new AuthError('network_error', 'Late response')
      onResponse?.()
      const { session_id: id, subject, user, scope, expires_in } = wire
      const text = JSON.stringify([id, subject, user, scope])
      if (text !== sessionText) {
        const parsed = await parseUser(schema, user).catch((error: AuthError) => {
          if (!signal.aborted) {
            onUserRejected(id)
            // Once: if it is lost, the next page that gets this session ends it.
            sendBffRequest(platform, 'DELETE', basePath, `${sessionPath}?session_id=${id}`).catch(() => {})
          }
          throw error
        })
        session = { id, subject, user: parsed, scope }
        sessionText = text
      }
      // After the schema, which may take time.
      if (droppedSessions.has(id)) throw createLoginRequiredError('signed_out_elsewhere')
      sessionEnd = expires_in === null ? null : sentAt + expires_in * 1000
      const token = mode === 'proxy' ? proxyModeToken : wireToken
      // The token had expired before the BFF responded: asking again at once would be a loop.
      if (!token && path === tokenPath) throw new AuthError('temporarily_unavailable', 'No valid token')
      return { session: session!, token: token ? createAccessToken(token, sentAt) : null }
    } finally {
      signal.throwIfAborted()
    }
  }

  return {
    fetchSession,
    fetchNext: ({ auth, token }, signal) =>
      // The first request of a page counts as use of the session, and its response says how users sign in. Later ones ask
      // for a token also in proxy mode, where there is none: that response says why a session has ended.
      !latest || auth.status !== 'signed-in'
        ? fetchSession(signal, undefined, undefined, platform.latchkeyRestore?.(basePath))
        : fetchSession(signal, tokenPath, { session_id: auth.session.id, after: token?.sequence ?? 0 }),
    droppedSessions,
    getLatest: () => latest,
    getSessionEnd: () => sessionEnd,
  }
}
