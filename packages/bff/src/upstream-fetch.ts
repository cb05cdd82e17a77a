import type { SendUpstream } from './upstream.ts'
import { createFetchUpstream } from './upstream.ts'

/** Sends requests to the resource server, on runtimes other than Node. */
export const sendUpstream: SendUpstream = createFetchUpstream((input, init) => globalThis.fetch(input, init))
