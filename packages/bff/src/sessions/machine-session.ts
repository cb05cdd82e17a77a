import { createHash, createHmac } from 'node:crypto'
import type { Platform } from '../platform.ts'
import type { Provider } from '../description/provider-description.ts'
import { getGrant } from '../description/provider-description.ts'
import { assertSession } from './refresh-result.ts'
import { cookieByteLength } from './seal.ts'
import type { LoadedSession, Sessions } from './sessions.ts'

/** A caller that `authorize` accepts. */
export interface Caller {
  /** A stable, unique name of this caller. The browser gets a hash of it. */
  subject: string
  /** What the page gets as `session.user`. */
  user?: Record<string, unknown>
}

/**
 * Identifies the caller of a request, for example by the application's own session cookie; `null` rejects it with 403.
 * The request has no body.
 */
export type Authorize = (request: Request) => Caller | null | Promise<Caller | null>

/**
 * Creates a function that loads the machine session: the one session that has the machine token of all callers and all
 * processes. Its record is sealed with a key derived from the client secret. It starts with an expired token and the
 * first refresh obtains one, so that many processes that start together run one grant.
 */
export function createMachineSessionLoader(
  sessions: Sessions,
  provider: Provider,
  providerKey: string,
  platform: Platform,
): () => Promise<LoadedSession> {
  const { client } = provider
  const requestedScope = getGrant(provider, provider.signInGrant).scope.default
  const keys = createHmac('sha512', client?.secret ?? platform.randomBytes(cookieByteLength))
    .update(JSON.stringify(['machine', providerKey, client?.id, requestedScope]))
    .digest()
    .subarray(0, cookieByteLength)

  return async () => {
    const loaded = await sessions.open(keys)
    if (typeof loaded !== 'string') return loaded
    const data = {
      provider: providerKey,
      subject: 'machine',
      user: null,
      scope: requestedScope,
      requestedScope,
      startedAt: platform.now(),
      sequence: 0,
      accessToken: '',
      tokenRequestedAt: 0,
      lifetime: 0,
      refreshToken: null,
    }
    return assertSession(await sessions.createOrLoad(keys, data))
  }
}

/** Creates one caller's view of the machine session: with the caller's own session id and subject, and without an end. */
export function createCallerSession(caller: Caller, { keys, data, record }: LoadedSession): LoadedSession {
  const deriveName = (kind: string): string =>
    createHash('sha256')
      .update(JSON.stringify([kind, data.provider, caller.subject]))
      .digest('base64url')
  return {
    keys: { ...keys, sessionId: deriveName('session') },
    data: { ...data, subject: deriveName('subject'), user: caller.user ?? null },
    record: { ...record, expiresAt: Infinity },
  }
}
