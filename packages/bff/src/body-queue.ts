import type { BodyStream } from './route-response.ts'

/** Where the parts of a {@link BodyQueue} come from. */
export interface BodySource {
  pause(): void
  resume(): void
  cancel(): void
}

/** Bytes that wait for the reader before the source pauses. */
const maxWaitingBytes = 65_536

/** A body whose source pushes, for a reader that may be slower. */
export class BodyQueue implements BodyStream {
  readonly #source: BodySource
  #chunks: Uint8Array<ArrayBuffer>[] = []
  #waitingBytes = 0
  #isPaused = false
  #hasEnded = false
  #error: Error | null = null
  #wakeReader = (): void => {}

  constructor(source: BodySource) {
    this.#source = source
  }

  /** Adds a part. */
  push(chunk: Uint8Array<ArrayBuffer>): void {
    this.#chunks.push(chunk)
    this.#waitingBytes += chunk.length
    if (this.#waitingBytes >= maxWaitingBytes && !this.#isPaused) {
      this.#isPaused = true
      this.#source.pause()
    }
    this.#wakeReader()
  }

  /** Ends the body, early when there is an error. */
  end(error: Error | null = null): void {
    this.#hasEnded = true
    this.#error = error
    this.#wakeReader()
  }

  takeWhole(): Uint8Array<ArrayBuffer> | null {
    if (!this.#hasEnded || this.#error) return null
    const chunks = this.#chunks
    this.#chunks = []
    return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
  }

  cancel(): void {
    if (!this.#hasEnded) this.#source.cancel()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (;;) {
      for (const chunk of this.#takeChunks()) yield chunk
      if (this.#chunks.length > 0) continue
      if (this.#error) throw this.#error
      if (this.#hasEnded) return
      await new Promise<void>((resolve) => void (this.#wakeReader = resolve))
    }
  }

  #takeChunks(): Uint8Array<ArrayBuffer>[] {
    const chunks = this.#chunks
    this.#chunks = []
    this.#waitingBytes = 0
    if (this.#isPaused) {
      this.#isPaused = false
      this.#source.resume()
    }
    return chunks
  }
}
