import { createAuthClient } from '@latchkey/core'
import { fetchStub, timeCalls } from './time-calls.mjs'

/**
 * Times the calls in this process, with a page that has just what the client uses.
 *
 * @param {import('./time-calls.mjs').CallName[][]} orders
 */
export async function timeCallsInNode(orders) {
  const origin = 'https://portal.example.com'
  const platform = {
    location: { origin },
    document: { hidden: false, baseURI: `${origin}/` },
    fetch: fetchStub,
    localStorage: { getItem: () => null, setItem() {}, removeItem() {} },
    addEventListener() {},
    BroadcastChannel: class {
      onmessage = null
      postMessage() {}
      close() {}
    },
    ...{ performance, Date, Math, setTimeout, clearTimeout, AbortSignal },
  }
  const client = createAuthClient({ platform })
  const unsubscribe = client.subscribe(() => {})
  await client.ready()
  try {
    return await timeCalls(client, (input) => platform.fetch(input), orders)
  } finally {
    unsubscribe()
    client.dispose()
  }
}
