import type { KeyObject } from 'node:crypto'
import { createHash, createHmac } from 'node:crypto'
import type { Logger } from './log.ts'
import type { Store } from './stores/store.ts'

/** The settings whose change ends sessions. */
export interface SessionConfiguration {
  basePath: string
  /** Identifies the provider by its id and address. */
  providerKey: string
  clientId: string | undefined
  refreshMode: string
  secrets: readonly KeyObject[]
}

/** What the store keeps of it. */
interface SavedConfiguration {
  providerKey: string
  clientId: string | null
  refreshMode: string
  /** A hash of the secret that seals sessions; `null` without one. */
  secret: string | null
}

/**
 * Compares the configuration with the one that the store knows from before, and logs which change ends sessions. Of
 * several processes with the same change, one logs it.
 *
 * @param expiresAt when the store may forget the configuration, in milliseconds since 1970
 */
export async function reportConfigurationChange(
  { basePath, providerKey, clientId, refreshMode, secrets }: SessionConfiguration,
  store: Store,
  expiresAt: number,
  logger: Logger,
): Promise<void> {
  const [secret = null, ...openingSecrets] = secrets.map((key) =>
    createHmac('sha256', key).update('latchkey configuration').digest('base64url'),
  )
  const current: SavedConfiguration = { providerKey, clientId: clientId ?? null, refreshMode, secret }
  const key = createHash('sha256').update(`configuration ${basePath}`).digest('base64url')
  const sealed = Buffer.from(JSON.stringify(current))
  if (await store.insert(key, { sealed, indexNames: [], version: 1, expiresAt })) return
  const record = await store.read(key)
  if (!record || Buffer.from(record.sealed).equals(sealed)) return
  if (
    !(await store.replace(key, { ...record, sealed, version: record.version + 1, expiresAt }, record.version))
  )
    return
  const previous = JSON.parse(Buffer.from(record.sealed).toString()) as SavedConfiguration
  const canOpen = previous.secret === secret || openingSecrets.includes(previous.secret ?? '')
  for (const line of describeChanges(previous, current, canOpen))
    logger.warn(`Configuration changed at ${basePath}: ${line}`)
}

function describeChanges(
  previous: SavedConfiguration,
  current: SavedConfiguration,
  canOpen: boolean,
): string[] {
  const isAnotherServer = previous.providerKey !== current.providerKey
  return [
    ...(isAnotherServer
      ? [
          `the provider was "${previous.providerKey}" and is "${current.providerKey}". Sessions from before end when ` +
            'they are used again; their tokens are revoked if the server is on the same host.',
        ]
      : []),
    ...(canOpen
      ? []
      : [
          'sessions from before were sealed with a secret that the option `secret` does not contain any more. They ' +
            'cannot be opened, so their users must sign in again, and their tokens stay valid until they expire. To ' +
            'replace a secret without that, list the new one first and the old one second.',
        ]),
    ...(!isAnotherServer && previous.clientId !== current.clientId
      ? [
          'the client id is another. The authorization server will reject the refresh of sessions from before, which ends them.',
        ]
      : []),
    ...(previous.refreshMode === 'refresh_token' && current.refreshMode !== 'refresh_token'
      ? [
          'refresh tokens are not used any more. Sessions from before end when their access token expires; their refresh tokens are revoked then.',
        ]
      : []),
  ]
}
