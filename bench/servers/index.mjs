/**
 * The servers of the benchmark. Each runs in a process of its own; the test of the benchmark starts them in its process.
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
import { startBareNode } from './bare-node.mjs'
import { startFastProxy } from './fast-proxy.mjs'
import { startFloor } from './floor.mjs'
import { startHttpProxy } from './http-proxy.mjs'
import { startLatchkey, startLatchkeyEmbedded, startLatchkeyRefresh } from './latchkey.mjs'
import { startResourceServer } from './resource-server.mjs'
import { startSharedFloor } from './shared-floor.mjs'
import { startLatchkeyShared, startLatchkeySharedRefresh } from './shared-latchkey.mjs'
import { startSecureSession } from './secure-session.mjs'
import { startTokenEndpoint } from './token-endpoint.mjs'
import { startUndiciDispatch } from './undici-dispatch.mjs'

/** @satisfies {Record<string, StartServer>} */
export const servers = {
  'token endpoint': startTokenEndpoint,
  'resource server': startResourceServer,
  'bare node:http': startBareNode,
  'hand-written floor': startFloor,
  '@fastify/secure-session': startSecureSession,
  Latchkey: startLatchkey,
  'Latchkey, embedded store': startLatchkeyEmbedded,
  'Latchkey, fast clock': startLatchkeyRefresh,
  'hand-written floor, shared store': startSharedFloor,
  'Latchkey, shared store': startLatchkeyShared,
  'Latchkey, shared store, fast clock': startLatchkeySharedRefresh,
  'fast-proxy': startFastProxy,
  'undici dispatch': startUndiciDispatch,
  'http-proxy': startHttpProxy,
}

/** @typedef {keyof typeof servers} ServerName */
