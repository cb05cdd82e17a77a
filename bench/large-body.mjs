const block = Buffer.alloc(65_536, 'x')

/**
 * Writes so many bytes with backpressure, and ends the stream.
 *
 * @param {import('node:stream').Writable} stream
 * @param {number} size
 */
export function sendLargeBody(stream, size) {
  let left = size
  const send = () => {
    while (left > 0) {
      const part = left < block.length ? block.subarray(0, left) : block
      left -= part.length
      if (!stream.write(part)) return void stream.once('drain', send)
    }
    stream.end()
  }
  send()
}

/**
 * Reads a stream to its end, at most so many bytes a second on average, and counts its bytes.
 *
 * @param {import('node:stream').Readable} stream
 * @param {number} rate bytes a second; 0 for no limit
 * @param {(bytes: number) => void} onEnd
 */
export function readAtRate(stream, rate, onEnd) {
  const start = performance.now()
  let bytes = 0
  stream.on('data', (/** @type {Buffer} */ chunk) => {
    bytes += chunk.length
    const aheadMs = rate > 0 ? (bytes / rate) * 1000 - (performance.now() - start) : 0
    if (aheadMs > 5) {
      stream.pause()
      setTimeout(() => stream.resume(), aheadMs)
    }
  })
  stream.on('end', () => onEnd(bytes))
}
