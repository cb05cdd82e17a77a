import { once } from 'node:events'
import { createServer } from 'node:http'

/**
 * Starts a server of `node:http` on a free port of this machine only.
 *
 * @param {import('node:http').RequestListener} listener
 * @param {import('node:http').ServerOptions} [options]
 */
export async function listen(listener, options = {}) {
  // A whole upload may take longer than the default of five minutes.
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 120_000, ...options }, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port')
  return {
    port: address.port,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
