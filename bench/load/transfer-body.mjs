import { request as sendRequest } from 'node:http'
import { createPageRequest } from '../requests.mjs'
import { readAtRate, sendLargeBody } from '../large-body.mjs'

/**
 * Sends or receives one large body.
 *
 * @param {object} options
 * @param {number} options.port
 * @param {string} options.cookie
 * @param {'download' | 'upload'} options.direction
 * @param {number} options.bytes
 * @param {number} options.rate bytes a second that the reader takes; 0 for no limit
 * @returns {Promise<{ bytes: number, failure: string | null }>} the bytes that arrived
 */
export async function transferBody({ port, cookie, direction, bytes, rate }) {
  const [method, path] =
    direction === 'download' ? ['GET', `/api/download?bytes=${bytes}`] : ['POST', `/api/upload?rate=${rate}`]
  const { headers } = createPageRequest(port, method, path, cookie)
  if (direction === 'upload') headers['Content-Length'] = String(bytes)
  return new Promise((resolve) => {
    const outgoing = sendRequest({ host: '127.0.0.1', port, method, path, headers }, (incoming) => {
      if (incoming.statusCode !== 200) {
        resolve({ bytes: 0, failure: `Status ${incoming.statusCode}` })
        incoming.resume()
      } else if (direction === 'download')
        readAtRate(incoming, rate, (received) => resolve({ bytes: received, failure: null }))
      else {
        let text = ''
        incoming.setEncoding('utf8').on('data', (part) => (text += part))
        incoming.on('end', () => resolve({ bytes: Number(text), failure: null }))
      }
      incoming.on('error', (error) => resolve({ bytes: 0, failure: error.message }))
    })
    outgoing.on('error', (error) => resolve({ bytes: 0, failure: error.message }))
    if (direction === 'download') outgoing.end()
    else sendLargeBody(outgoing, bytes)
  })
}
