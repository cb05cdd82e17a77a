import { createHash, createHmac } from 'node:crypto'
import type { Platform } from '../platform.ts'
import type { Provider } from '../description/provider-description.ts'
import { getGrant } from '../description/provider-description.ts'
import { assertSession } from './refresh-result.ts'
import { cookieByteLength } from './seal.ts'
import type { LoadedSession, Sessions } from './sessions.ts'

/** Somebody whom `authorize` admits. */
export interface Caller {
  /** Tells this caller from others, always in the same way; it is not shown. */
  subject: string
  /** What the page may know of the caller. */
  user?: Record<string, unknown>
}

/** Says who is asking, from whatever the application knows callers by; `null` admits nobody. The request has no body. */
export type Authorize = (request: Request) => Caller | null | Promise<Caller | null>

/**
 * The one session of the application, which holds its token for all callers and all processes. It lies in the store
 * under a seal whose key comes from the client secret, and begins without a token: the first refresh brings one, so
 * that a start of many processes asks once.
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
    .update(JSON.stringify(['application', providerKey, client?.id, requestedScope]))
    .digest()
    .subarray(0, cookieByteLength)

  return async () => {
    const found = await sessions.open(keys)
    if (typeof found !== 'string') return found
    const data = {
      provider: providerKey,
      subject: 'application',
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

/** The application's session as one caller knows it: under names of the caller's own, and without an end. */
export function createCallerSession(caller: Caller, { keys, data, record }: LoadedSession): LoadedSession {
  const named = (what: string): string =>
    createHash('sha256')
      .update(JSON.stringify([what, data.provider, caller.subject]))
      .digest('base64url')
  return {
    keys: { ...keys, sessionId: named('session') },
    data: { ...data, subject: named('subject'), user: caller.user ?? null },
    record: { ...record, expiresAt: Infinity },
  }
}
