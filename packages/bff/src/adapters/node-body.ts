import type { IncomingMessage } from 'node:http'
import type { RequestBody } from '../route-request.ts'
import type { FrameworkRequest } from './node-request.ts'

/** Whether a request has a body (RFC 9112 §6.3). HTTP/2 announces it in no header, so any request may have one. */
export function hasBody({ httpVersionMajor, headers }: IncomingMessage): boolean {
  return (
    httpVersionMajor > 1 ||
    headers['transfer-encoding'] !== undefined ||
    Number(headers['content-length']) > 0
  )
}

/**
 * Creates the routes' view of a body. Returns `null` when a body parser has read it and its result cannot be turned back
 * into the same bytes.
 */
export function createRequestBody(incoming: IncomingMessage & FrameworkRequest): RequestBody | null {
  const { body, headers } = incoming
  if (!incoming.readableDidRead) return createUnreadBody(incoming)
  if (typeof body === 'string' || body instanceof Uint8Array) return createReadBody(Buffer.from(body))
  return /^application\/([\w.-]+\+)?json\b/i.test(headers['content-type'] ?? '')
    ? createReadBody(Buffer.from(JSON.stringify(body ?? null)))
    : null
}

function createReadBody(bytes: Buffer<ArrayBuffer>): RequestBody {
  return {
    length: bytes.length,
    readBytes: async (maxBytes) => (bytes.length > maxBytes ? null : bytes),
    async *stream() {
      yield bytes
    },
  }
}

function createUnreadBody(incoming: IncomingMessage): RequestBody {
  const length = incoming.headers['content-length']
  return {
    length: length === undefined ? null : Number(length),
    readBytes: (maxBytes) => readBytes(incoming, maxBytes),
    // Unlike `Readable.toWeb`, it leaves the connection intact when the reader stops.
    stream: () => ({
      [Symbol.asyncIterator]: () =>
        incoming.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>,
    }),
  }
}

function readBytes(incoming: IncomingMessage, maxBytes: number): Promise<Buffer<ArrayBuffer> | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer<ArrayBuffer>[] = []
    let size = 0
    const finish = (settle: () => void): void => {
      incoming.off('data', addChunk).off('end', complete).off('error', fail).off('close', fail).pause()
      settle()
    }
    const addChunk = (chunk: Buffer<ArrayBuffer>): void => {
      size += chunk.length
      chunks.push(chunk)
      if (size > maxBytes) finish(() => resolve(null))
    }
    const complete = (): void =>
      finish(() => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
    const fail = (): void => finish(() => reject(new Error('The request body ended early')))
    if (incoming.destroyed) return fail()
    incoming.on('data', addChunk).once('end', complete).once('error', fail).once('close', fail)
  })
}

const maxRemainderMs = 60_000

/**
 * Reads and drops the remainder of a body, because browsers read a response only after they have sent the whole body.
 * Then, or after `maxMs`, the connection is free or closed.
 */
export function readRemainder(incoming: IncomingMessage, maxMs = maxRemainderMs): void {
  const timer = setTimeout(() => incoming.destroy(), maxMs)
  const stopTimer = (): void => clearTimeout(timer)
  incoming.removeAllListeners('readable').once('end', stopTimer).once('close', stopTimer).resume()
}
