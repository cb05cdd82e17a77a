/**
 * Reads a body as UTF-8 text, without a byte order mark.
 *
 * @returns `null` when the body is longer than `maxBytes`; the remainder is not read
 * @throws the error of the stream when it breaks off
 */
export async function readBoundedText(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): Promise<string | null> {
  if (body === null) return ''
  const bytes = await readBoundedBytes(body, maxBytes)
  return bytes && new TextDecoder().decode(bytes)
}

/**
 * Reads a body.
 *
 * @returns `null` when the body is longer than `maxBytes`; the remainder is not read
 * @throws the error of the stream when it breaks off
 */
export async function readBoundedBytes(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const reader = body.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return Buffer.concat(chunks)
    size += value.byteLength
    if (size > maxBytes) {
      await reader.cancel().catch(() => {})
      return null
    }
    chunks.push(value)
  }
}
