import { assertHolds } from './finding.ts'
import type { Server } from './server.ts'

/** What a discovery document says; all of it is what the server wrote. */
export type Metadata = Readonly<Record<string, unknown>>

/** Reads the discovery document of a server that has one. */
export async function metadataOf({ discoveryUrl }: Server): Promise<Metadata> {
  const answer = await fetch(String(discoveryUrl), { headers: { Accept: 'application/json' } }).catch(
    () => null,
  )
  assertHolds(answer !== null, 'DISCOVERY_URL does not answer')
  assertHolds(answer.status === 200, `DISCOVERY_URL says ${answer.status}`)
  const document: unknown = await answer.json().catch(() => null)
  const metadata = Object(document) as Metadata
  assertHolds(typeof metadata['issuer'] === 'string', 'DISCOVERY_URL gives no document that names an issuer')
  return metadata
}
