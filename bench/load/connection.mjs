import { connect } from 'node:net'

/**
 * A connection of HTTP/1.1. Responses arrive in the order of the requests.
 *
 * @typedef {object} Connection
 * @property {(request: string) => void} send
 * @property {() => void} close
 */

/**
 * Opens a connection. It reads only what it must of a response: its status and its length.
 *
 * @param {number} port
 * @param {(status: number, body: string) => void} onResponse
 * @param {(error: Error) => void} onError
 * @returns {Connection}
 */
export function openConnection(port, onResponse, onError) {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  let received = Buffer.alloc(0)
  let pending = 0
  socket.on('data', (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    for (let response = parseResponse(received); response; response = parseResponse(received)) {
      received = received.subarray(response.end)
      pending -= 1
      onResponse(response.status, response.body)
    }
  })
  socket.on('error', onError)
  socket.on('close', () => {
    if (pending > 0) onError(new Error('The connection was closed before the response'))
  })
  return {
    send(request) {
      pending += 1
      socket.write(request, 'latin1')
    },
    close() {
      pending = 0
      socket.destroy()
    },
  }
}

/**
 * Parses the response at the start of the bytes; `null` while a part is missing.
 *
 * @param {Buffer} bytes
 */
function parseResponse(bytes) {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd === -1) return null
  const head = bytes.toString('latin1', 0, headEnd)
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(head) ?? []
  if (length === undefined) throw new Error(`A response has no Content-Length:\n${head}`)
  const end = headEnd + 4 + Number(length)
  if (bytes.length < end) return null
  const status = Number(head.slice(9, 12))
  return { end, status, body: status === 200 ? '' : bytes.toString('utf8', headEnd + 4, end) }
}
