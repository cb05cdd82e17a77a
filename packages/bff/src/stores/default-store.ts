import type { Store } from './store.ts'

const slot = Symbol.for('@latchkey/bff default store')
const shared = globalThis as { [slot]?: (() => Store) | undefined }

/** Returns the store that the host of this process, for example the Vite plugin, provides to BFFs without a `store`. */
export function getDefaultStore(): Store | undefined {
  return shared[slot]?.()
}

/**
 * Sets the function that opens that store. It is kept on `globalThis`, because a development server and the server code
 * that it loads may have two copies of this module.
 */
export function setDefaultStore(open: () => Store): void {
  shared[slot] = open
}
