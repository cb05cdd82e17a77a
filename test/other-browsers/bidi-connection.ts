import { once } from 'node:events'
import { WebSocket } from 'ws'
import { maxWaitMs } from './browser.ts'

/** A connection by the WebDriver BiDi protocol. */
export interface BidiConnection {
  /** Sends a command and returns its result. */
  readonly send: (method: string, params: Record<string, unknown>) => Promise<unknown>
  readonly onEvent: (method: string, listener: (params: unknown) => void) => void
  readonly close: () => void
}

interface Message {
  type: 'success' | 'error' | 'event'
  id?: number
  method?: string
  params?: unknown
  result?: unknown
  error?: string
  message?: string
}

/** @see https://w3c.github.io/webdriver-bidi/ */
export async function connectBidi(url: string): Promise<BidiConnection> {
  const socket = new WebSocket(url)
  await once(socket, 'open')
  const commands = new Map<number, (message: Message) => void>()
  const listeners = new Map<string, (params: unknown) => void>()
  let lastId = 0
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as Message
    if (message.type === 'event') listeners.get(String(message.method))?.(message.params)
    else commands.get(Number(message.id))?.(message)
  })
  socket.on('close', () => {
    for (const finish of commands.values())
      finish({ type: 'error', error: 'the browser closed the connection' })
  })
  return {
    send: (method, params) =>
      new Promise((resolve, reject) => {
        const id = ++lastId
        const finish = (message: Message): void => {
          clearTimeout(timer)
          commands.delete(id)
          if (message.type === 'success') resolve(message.result)
          else reject(new Error(`${method}: ${message.error} ${message.message ?? ''}`))
        }
        const timer = setTimeout(
          () => finish({ type: 'error', error: `no response after ${maxWaitMs} ms` }),
          maxWaitMs,
        )
        commands.set(id, finish)
        socket.send(JSON.stringify({ id, method, params }))
      }),
    onEvent: (method, listener) => void listeners.set(method, listener),
    close: () => socket.close(),
  }
}
