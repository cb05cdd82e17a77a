import { Pool } from 'undici'
import { listen } from './listen.mjs'
import { createProxySessions } from './proxy-sessions.mjs'

/**
 * Starts a proxy that is written by hand around `dispatch` of undici, with backpressure both ways and nothing else.
 *
 * @type {import('./index.mjs').StartServer}
 */
export async function startUndiciDispatch({ resourceServer }) {
  const sessions = createProxySessions()
  const pool = new Pool(resourceServer, { bodyTimeout: 0, headersTimeout: 0 })
  const server = await listen((request, response) => {
    const { cookie: _, connection: _connection, host: _host, ...headers } = request.headers
    headers.authorization = sessions.getAuthorization(request)
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    pool.dispatch(
      {
        path: request.url ?? '/',
        method: /** @type {'GET' | 'POST'} */ (request.method),
        headers,
        body: isRead ? null : request,
      },
      {
        onRequestStart() {},
        onResponseStart(controller, status, responseHeaders) {
          const {
            connection: _hop,
            'keep-alive': _keepAlive,
            'transfer-encoding': _encoding,
            ...kept
          } = responseHeaders
          response.writeHead(status, kept)
          response.on('drain', () => controller.resume())
          response.once('close', () => {
            if (!response.writableFinished) controller.abort(new Error('The client disconnected'))
          })
        },
        onResponseData(controller, chunk) {
          if (!response.write(chunk)) controller.pause()
        },
        onResponseEnd: () => response.end(),
        onResponseError: () => response.destroy(),
      },
    )
  })
  return {
    ...server,
    sessions: [sessions.signed],
    close: async () => {
      server.close()
      await pool.destroy()
    },
  }
}
