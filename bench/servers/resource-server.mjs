import { readAtRate, sendLargeBody } from '../large-body.mjs'
import { listen } from './listen.mjs'

const items = Array.from({ length: 12 }, (_, index) => ({
  id: index,
  title: `Item ${index}`,
  assignee: 'cathy.jones@example.com',
}))
const itemsBody = Buffer.from(JSON.stringify({ items }))

/**
 * Starts the resource server: `/api/items` sends a list, `/api/download?bytes=N` sends that many bytes, and
 * `/api/upload?rate=N` reads a body of any size, at most N bytes a second, and sends its size. Without a token, 401.
 *
 * @type {import('./index.mjs').StartServer}
 */
export async function startResourceServer() {
  return listen((request, response) => {
    if (!request.headers.authorization?.startsWith('Bearer ')) return void response.writeHead(401).end()
    const url = request.url ?? '/'
    if (url.startsWith('/api/items')) {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': itemsBody.length })
      response.end(itemsBody)
      return
    }
    const { pathname, searchParams } = new URL(url, 'http://127.0.0.1')
    if (pathname === '/api/download') {
      const size = Number(searchParams.get('bytes'))
      response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': size })
      sendLargeBody(response, size)
    } else
      readAtRate(request, Number(searchParams.get('rate')), (bytes) => {
        const body = String(bytes)
        response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': body.length })
        response.end(body)
      })
  })
}
