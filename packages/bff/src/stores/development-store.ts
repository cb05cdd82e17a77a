import type { Logger } from '../log.ts'
import { hasSqlite } from './embedded-sqlite.js'
import { embeddedStore } from './embedded-store.ts'
import { memoryStore } from './memory-store.ts'
import type { Store } from './store.ts'

/**
 * Opens the store of a development server: an embedded store, or a memory store when there is no SQLite.
 *
 * @param path the folder of the embedded store
 */
export function openDevelopmentStore(path: string, logger: Pick<Logger, 'info'>): Store {
  if (hasSqlite()) return embeddedStore({ path })
  logger.info(
    '[latchkey] Sessions are kept in memory, so a restart of Vite signs users out. To keep them signed in, use ' +
      'Node 22.13 or later, or run: npm install --save-dev libsql',
  )
  return memoryStore()
}
