import { Agent } from 'node:http'
import httpProxy from 'http-proxy'
import { listen } from './listen.mjs'
import { createProxySessions } from './proxy-sessions.mjs'

/**
 * Starts http-proxy with connections that it keeps.
 *
 * @type {import('./index.mjs').StartServer}
 */
export async function startHttpProxy({ resourceServer }) {
  const sessions = createProxySessions()
  const agent = new Agent({ keepAlive: true })
  const proxy = httpProxy.createProxyServer({ target: resourceServer, agent })
  const server = await listen((request, response) => {
    request.headers.authorization = sessions.getAuthorization(request)
    delete request.headers.cookie
    proxy.web(request, response, {}, () => response.destroy())
  })
  return {
    ...server,
    sessions: [sessions.signed],
    close: () => {
      server.close()
      agent.destroy()
    },
  }
}
