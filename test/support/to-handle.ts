import type { Bff } from '@latchkey/bff'

/** Adapts a web handler to `toNodeListener`, to serve the other servers of a test. */
export function toHandle(fetch: Bff['fetch']): Bff['handle'] {
  return async (request) => {
    const body = (await request.body?.readBytes(10_000_000)) ?? null
    const { method, url, headers } = request.toWebRequest()
    const response = await fetch(new Request(url, { method, headers, body }))
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: new Uint8Array(await response.arrayBuffer()),
    }
  }
}
