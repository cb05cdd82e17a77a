import { createHash, createHmac } from 'node:crypto'
import type { ClientReader } from '../authorization-server/client-reader.ts'
import type { Platform } from '../platform.ts'
import type { Provider } from '../description/provider-description.ts'
import { getGrant } from '../description/provider-description.ts'
import type { SessionClock } from './moments.ts'
import { assertSession } from './refresh-result.ts'
import { cookieByteLength } from './seal.ts'
import type { SessionData } from './session-data.ts'
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

/** The one session that has the machine token of all callers and all processes. */
export interface MachineSession {
  /** Loads it, and creates it when it is not in the store. */
  load: () => Promise<LoadedSession>
  /** Reads its data, and writes nothing. */
  peek: () => Promise<SessionData>
}

/**
 * Creates the machine session. Its record is sealed with a key derived from the client secret. It starts with an expired
 * token and the first refresh obtains one, so that many processes that start together run one grant.
 */
export function createMachineSession(
  sessions: Sessions,
  provider: Provider,
  providerKey: string,
  clientReader: Pick<ClientReader, 'read'>,
  clock: SessionClock,
  platform: Platform,
): MachineSession {
  const { client } = provider
  const requestedScope = getGrant(provider, provider.signInGrant).scope.default
  const fixedKeys = client?.readSecret
    ? null
    : deriveKeys(client?.secret ?? platform.randomBytes(cookieByteLength))

  const createData = (): SessionData => ({
    provider: providerKey,
    subject: 'machine',
    user: null,
    scope: requestedScope,
    requestedScope,
    startedAt: clock.read().latest,
    sequence: 0,
    accessToken: '',
    tokenRequestedAt: 0,
    lifetime: 0,
    refreshToken: null,
  })

  return {
    async load() {
      const keys = fixedKeys ?? (await readKeys())
      const loaded = await sessions.open(keys)
      if (typeof loaded !== 'string') return loaded
      return assertSession(await sessions.createOrLoad(keys, createData()))
    },
    async peek() {
      const keys = fixedKeys ?? (await readKeys())
      const loaded = await sessions.peek(keys)
      return typeof loaded === 'string' ? createData() : loaded.data
    },
  }

  /** With another secret it is another session, as after a restart with another text. */
  async function readKeys(): Promise<Uint8Array> {
    return deriveKeys((await clientReader.read())?.secret ?? '')
  }

  function deriveKeys(secret: string | Uint8Array): Uint8Array {
    return createHmac('sha512', secret)
      .update(JSON.stringify(['machine', providerKey, client?.id, requestedScope]))
      .digest()
      .subarray(0, cookieByteLength)
  }
}

/** Creates one caller's view of the machine session: with the caller's own session id and subject, and without an end. */
export function createCallerSession(caller: Caller, { keys, data, record }: LoadedSession): LoadedSession {
  return {
    keys: { ...keys, sessionId: deriveCallerSessionId(caller, data) },
    data: createCallerData(caller, data),
    record: { ...record, expiresAt: Infinity },
  }
}

/** Creates one caller's view of the data of the machine session. */
export function createCallerData(caller: Caller, data: SessionData): SessionData {
  return { ...data, subject: deriveName('subject', caller, data), user: caller.user ?? null }
}

/** Derives the id of the session that one caller has. */
export function deriveCallerSessionId(caller: Caller, data: SessionData): string {
  return deriveName('session', caller, data)
}

function deriveName(kind: string, { subject }: Caller, { provider }: SessionData): string {
  return createHash('sha256')
    .update(JSON.stringify([kind, provider, subject]))
    .digest('base64url')
}
