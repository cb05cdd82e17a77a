import { createHash, createHmac } from 'node:crypto'
import type { Platform } from '../platform.ts'
import type { Provider } from '../description/provider-description.ts'
import { grantNamed } from '../description/provider-description.ts'
import { alive } from './refresh-result.ts'
import { ticketSize } from './seal.ts'
import type { Session, Sessions } from './sessions.ts'

/** Somebody whom `authorize` admits. */
export interface Who {
  /** Tells this caller from others, always in the same way; it is not shown. */
  subject: string
  /** What the page may know of the caller. */
  user?: Record<string, unknown>
}

/** Says who is asking, from whatever the application knows callers by; `null` admits nobody. The request has no body. */
export type Authorize = (request: Request) => Who | null | Promise<Who | null>

/**
 * The one session of the application, which holds its token for all callers and all processes. It lies in the store
 * under a seal whose key comes from the client secret, and begins without a token: the first refresh brings one, so
 * that a start of many processes asks once.
 */
export function createApplication(
  sessions: Sessions,
  provider: Provider,
  providerKey: string,
  platform: Platform,
): () => Promise<Session> {
  const { client } = provider
  const askedScope = grantNamed(provider, provider.primary).scope.default
  const ticket = createHmac('sha512', client?.secret ?? platform.randomBytes(ticketSize))
    .update(JSON.stringify(['application', providerKey, client?.id, askedScope]))
    .digest()
    .subarray(0, ticketSize)

  return async () => {
    const found = await sessions.open(ticket)
    if (typeof found !== 'string') return found
    const data = {
      provider: providerKey,
      subject: 'application',
      user: null,
      scope: askedScope,
      askedScope,
      startedAt: platform.now(),
      sequence: 0,
      accessToken: '',
      issuedAt: 0,
      lifetime: 0,
      refreshToken: null,
    }
    return alive(await sessions.claim(ticket, data))
  }
}

/** The application's session as one caller knows it: under names of the caller's own, and without an end. */
export function sessionOf(who: Who, { ticket, data, record }: Session): Session {
  const named = (what: string): string =>
    createHash('sha256')
      .update(JSON.stringify([what, data.provider, who.subject]))
      .digest('base64url')
  return {
    ticket: { ...ticket, sessionId: named('session') },
    data: { ...data, subject: named('subject'), user: who.user ?? null },
    record: { ...record, endsAt: Infinity },
  }
}
