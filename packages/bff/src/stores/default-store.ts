import type { Store } from './store.ts'

const slot = Symbol.for('@latchkey/bff default store')
const shared = globalThis as { [slot]?: (() => Store) | undefined }

/** The store that a host of this process (the Vite plugin) has for every BFF that names none. */
export function getDefaultStore(): Store | undefined {
  return shared[slot]?.()
}

/**
 * Chooses how that store is had. The choice lies on `globalThis`, because a development server and the server code that
 * it loads may each have their own copy of this module.
 */
export function setDefaultStore(open: () => Store): void {
  shared[slot] = open
}
