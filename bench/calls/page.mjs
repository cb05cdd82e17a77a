// The page that Chromium loads: the client as an app bundles it, before a stub network.
import { createAuthClient } from '@latchkey/core'
import { fetchStub, timeCalls } from './time-calls.mjs'

globalThis.fetch = fetchStub
const client = createAuthClient()
// As an AuthProvider does.
client.subscribe(() => {})

Object.assign(globalThis, {
  /** @param {import('./time-calls.mjs').CallName[][]} orders */
  async measure(orders) {
    await client.ready()
    // Looked up at every call, as the client does.
    return timeCalls(client, (input) => globalThis.fetch(input), orders)
  },
})
