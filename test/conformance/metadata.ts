import { assertHolds } from './finding.ts'
import type { Server } from './server.ts'

/** The members of a discovery document, unchecked. */
export type Metadata = Readonly<Record<string, unknown>>

/** Fetches the discovery document of a server with a `discoveryUrl`. */
export async function fetchMetadata({ discoveryUrl }: Server): Promise<Metadata> {
  const response = await fetch(String(discoveryUrl), { headers: { Accept: 'application/json' } }).catch(
    () => null,
  )
  assertHolds(response !== null, 'DISCOVERY_URL does not respond')
  assertHolds(response.status === 200, `DISCOVERY_URL responded with ${response.status}`)
  const document: unknown = await response.json().catch(() => null)
  const metadata = Object(document) as Metadata
  assertHolds(typeof metadata['issuer'] === 'string', 'DISCOVERY_URL serves no document with an issuer')
  return metadata
}
