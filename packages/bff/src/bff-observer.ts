import type { BffOptions, ResolvedOptions } from './bff-options.ts'

/** Receives each new BFF with its options, which contain secrets. */
export type BffObserver = (bff: object, options: BffOptions, resolvedOptions: ResolvedOptions) => void

const slot = Symbol.for('@latchkey/bff observer')
/** On `globalThis`, because the command line and a module that it loads may have two copies of this package. */
const shared = globalThis as { [slot]?: BffObserver | undefined }

/** Runs `work`, during which the observer receives every BFF that `createBff` creates. Nothing is kept at other times. */
export async function observeBffs<T>(observer: BffObserver, work: () => Promise<T>): Promise<T> {
  shared[slot] = observer
  try {
    return await work()
  } finally {
    shared[slot] = undefined
  }
}

/** Passes a new BFF to the observer, if there is one. */
export function reportBff(...created: Parameters<BffObserver>): void {
  shared[slot]?.(...created)
}
