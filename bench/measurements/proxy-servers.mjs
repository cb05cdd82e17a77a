import { startNginx, startServer } from '../start-process.mjs'

/**
 * Starts what the proxies need.
 *
 * @returns {Promise<{ upstreams: import('../servers/index.mjs').Upstreams, stop: () => Promise<unknown> }>}
 */
export async function startUpstreams() {
  const tokenEndpoint = await startServer('load', 'token endpoint')
  const resourceServer = await startServer('load', 'resource server')
  return {
    upstreams: {
      tokenEndpoint: `http://127.0.0.1:${tokenEndpoint.port}/token`,
      resourceServer: `http://127.0.0.1:${resourceServer.port}`,
    },
    stop: () => Promise.all([tokenEndpoint.stop(), resourceServer.stop()]),
  }
}

/**
 * Starts a proxy by name.
 *
 * @param {import('../servers/index.mjs').ServerName | 'nginx'} name
 * @param {import('../servers/index.mjs').Upstreams} upstreams
 * @returns {Promise<import('../start-process.mjs').ServerProcess | null>} `null` where nginx is not installed
 */
export async function startProxy(name, upstreams) {
  return name === 'nginx' ? startNginx(upstreams.resourceServer) : startServer('server', name, upstreams)
}

/**
 * Returns the cookie of a proxy's session.
 *
 * @param {import('../start-process.mjs').ServerProcess} server
 */
export function getCookie({ name, sessions: [session] }) {
  if (!session) throw new Error(`${name} has no session`)
  return session.cookie
}

export const nginxMissing = 'nginx is left out, because it is not installed.'
