import fastProxy from 'fast-proxy'
import { listen } from './listen.mjs'
import { createProxySessions } from './proxy-sessions.mjs'

/**
 * Starts fast-proxy with connections through undici, its faster choice.
 *
 * @type {import('./index.mjs').StartServer}
 */
export async function startFastProxy({ resourceServer }) {
  const sessions = createProxySessions()
  const client = fastProxy({ base: resourceServer, undici: true })
  const server = await listen((request, response) =>
    client.proxy(request, response, request.url ?? '/', {
      rewriteRequestHeaders(incoming, incomingHeaders) {
        const { cookie: _, ...headers } = incomingHeaders
        return { ...headers, authorization: sessions.getAuthorization(incoming) }
      },
    }),
  )
  return {
    ...server,
    sessions: [sessions.signed],
    close: () => {
      server.close()
      client.close()
    },
  }
}
