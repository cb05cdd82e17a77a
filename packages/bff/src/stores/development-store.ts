import type { Logger } from '../log.ts'
import { embeddedStore } from './embedded-store.ts'
import { isLmdbInstalled } from './lmdb.ts'
import { memoryStore } from './memory-store.ts'
import type { Store } from './store.ts'

/**
 * Opens the store of a development server: an embedded store, or a memory store when lmdb is not installed.
 *
 * @param path the folder of the embedded store
 */
export function openDevelopmentStore(path: string, logger: Pick<Logger, 'info'>): Store {
  if (isLmdbInstalled()) return embeddedStore({ path })
  logger.info(
    '[latchkey] Sessions are kept in memory, so a restart of Vite signs users out. To keep them signed in, run: npm install --save-dev lmdb',
  )
  return memoryStore()
}
