import type { SharedEngineAddress } from '../../packages/bff/test/stores/open-shared-store.ts'
import { startPostgres } from '../../packages/bff/test/stores/postgres-server.ts'
import { findRedis, startRedis } from '../../packages/bff/test/stores/redis-server.ts'
import { findPostgres } from '../../scripts/find-program.mjs'

export const storeKinds = ['embedded', 'redis', 'postgres'] as const
export type StoreKind = (typeof storeKinds)[number]

/** An engine that the processes of one stage share. */
export interface SharedEngine {
  readonly address: SharedEngineAddress
  /** Kills it, and returns a function that starts it again with its records. */
  readonly kill: () => Promise<() => Promise<void>>
  /** Stops it with SIGSTOP, and returns a function that lets it continue. `null` where it is several processes. */
  readonly pause: (() => Promise<() => Promise<void>>) | null
  readonly close: () => Promise<void>
}

/** Starts an engine. Returns `null` for the embedded store, which has none. */
export async function startSharedEngine(kind: StoreKind): Promise<SharedEngine | null> {
  if (kind === 'embedded') return null
  if (kind === 'redis') {
    const server = await startRedis(findRedis() ?? 'redis-server')
    return { ...server, address: { kind, path: server.path } }
  }
  const server = await startPostgres(findPostgres() ?? '')
  return { ...server, pause: null, address: { kind, path: server.host } }
}
