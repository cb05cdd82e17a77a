/**
 * The servers of the benchmark. Each runs in a process of its own, which loads nothing of the others: some packages change
 * how `fetch` works for the whole process. The test of the benchmark starts them in its process.
 *
 * @typedef {{ kind: 'redis' | 'postgres', path: string }} EngineAddress the path of the socket, or its folder
 *
 * @typedef {object} Upstreams
 * @property {string} tokenEndpoint the URL of the token endpoint
 * @property {string} resourceServer the origin of the resource server
 * @property {number} [sessionCount] of the servers that refresh; 200 when absent
 * @property {EngineAddress} [engine] of the servers with a shared store
 *
 * @typedef {object} RunningServer
 * @property {number} port
 * @property {Signed[]} [sessions] signed-in sessions
 * @property {() => void | Promise<void>} close
 *
 * @typedef {object} Signed a signed-in session
 * @property {string} cookie the value of the header `Cookie`
 * @property {string} sessionId
 *
 * @typedef {(upstreams: Upstreams) => Promise<RunningServer>} StartServer
 */

/** @satisfies {Record<string, StartServer>} */
export const servers = {
  'token endpoint': async (upstreams) => (await import('./token-endpoint.mjs')).startTokenEndpoint(upstreams),
  'resource server': async (upstreams) =>
    (await import('./resource-server.mjs')).startResourceServer(upstreams),
  'bare node:http': async (upstreams) => (await import('./bare-node.mjs')).startBareNode(upstreams),
  'hand-written floor': async (upstreams) => (await import('./floor.mjs')).startFloor(upstreams),
  '@fastify/secure-session': async (upstreams) =>
    (await import('./secure-session.mjs')).startSecureSession(upstreams),
  Latchkey: async (upstreams) => (await import('./latchkey.mjs')).startLatchkey(upstreams),
  'Latchkey, embedded store': async (upstreams) =>
    (await import('./latchkey.mjs')).startLatchkeyEmbedded(upstreams),
  'Latchkey, fast clock': async (upstreams) =>
    (await import('./latchkey.mjs')).startLatchkeyRefresh(upstreams),
  'hand-written floor, shared store': async (upstreams) =>
    (await import('./shared-floor.mjs')).startSharedFloor(upstreams),
  'Latchkey, shared store': async (upstreams) =>
    (await import('./shared-latchkey.mjs')).startLatchkeyShared(upstreams),
  'Latchkey, shared store, fast clock': async (upstreams) =>
    (await import('./shared-latchkey.mjs')).startLatchkeySharedRefresh(upstreams),
  'fast-proxy': async (upstreams) => (await import('./fast-proxy.mjs')).startFastProxy(upstreams),
  'undici dispatch': async (upstreams) =>
    (await import('./undici-dispatch.mjs')).startUndiciDispatch(upstreams),
  'http-proxy': async (upstreams) => (await import('./http-proxy.mjs')).startHttpProxy(upstreams),
}

/** @typedef {keyof typeof servers} ServerName */
