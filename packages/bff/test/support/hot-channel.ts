import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:http'
import type { Duplex } from 'node:stream'
import type { HotPayload } from 'vite'

/** A page of a development server, as far as its hot channel goes. */
export interface HotPage {
  /** What the server has sent. */
  messages: HotPayload[]
  close: () => void
}

/** Connects to the hot channel of a development server (a WebSocket, which Node 20 has no client for). */
export async function openHotPage(base: string): Promise<HotPage> {
  const handshake = request(base, {
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      'Sec-WebSocket-Protocol': 'vite-hmr',
    },
  }).end()
  const [, socket, head] = (await once(handshake, 'upgrade')) as [IncomingMessage, Duplex, Buffer]
  const messages: HotPayload[] = []
  let buffer = Buffer.alloc(0)
  const receive = (chunk: Buffer): void => {
    buffer = Buffer.concat([buffer, chunk])
    for (let frame = readFrame(buffer); frame; frame = readFrame(buffer)) {
      messages.push(JSON.parse(frame.text) as HotPayload)
      buffer = buffer.subarray(frame.length)
    }
  }
  receive(head)
  socket.on('data', receive)
  return { messages, close: () => void socket.destroy() }
}

/** Reads an unmasked text frame of up to 64 kB (RFC 6455 §5.2). */
function readFrame(buffer: Buffer): { text: string; length: number } | null {
  if (buffer.length < 4) return null
  const shortLength = (buffer[1] ?? 0) & 0x7f
  const start = shortLength === 126 ? 4 : 2
  const length = start + (shortLength === 126 ? buffer.readUInt16BE(2) : shortLength)
  return buffer.length < length ? null : { text: buffer.toString('utf8', start, length), length }
}
