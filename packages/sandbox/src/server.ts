import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Sandbox, SandboxOptions } from './sandbox.ts'
import { createSandbox } from './sandbox.ts'

/** A sandbox that listens on 127.0.0.1. */
export interface RunningSandbox extends Sandbox {
  /** The URL of the server, without a trailing slash. The base URL of a system is `{url}/{name}`. */
  readonly url: string
  /** Stops the server and closes all connections, those of hanging requests included. */
  readonly close: () => Promise<void>
}

export interface StartOptions extends SandboxOptions {
  /** Defaults to a free port. */
  readonly port?: number
}

/**
 * Starts a sandbox on 127.0.0.1.
 *
 * @throws TypeError as {@link createSandbox} does
 * @throws Error `EADDRINUSE` when the port is in use
 */
export async function startSandbox(options: StartOptions = {}): Promise<RunningSandbox> {
  const sandbox = createSandbox(options)
  const server = createServer((incoming, outgoing) => void serve(sandbox, incoming, outgoing))
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  return {
    ...sandbox,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      sandbox.faults.clear()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Any error closes the connection, as the fault `disconnect` requires. */
async function serve(sandbox: Sandbox, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  try {
    const response = await sandbox.fetch(await createRequest(incoming))
    outgoing.writeHead(response.status, capitalizeHeaders(response))
    if (response.body) {
      for await (const chunk of response.body) await new Promise((resolve) => outgoing.write(chunk, resolve))
    }
    outgoing.end()
  } catch {
    outgoing.destroy()
  }
}

async function createRequest(incoming: IncomingMessage): Promise<Request> {
  const { method = 'GET', headers } = incoming
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const body = method === 'GET' || method === 'HEAD' ? null : Buffer.concat(chunks)
  const pairs = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)])
  return new Request(`http://${headers.host}${incoming.url}`, { method, headers: pairs, body })
}

/** Restores the capitals that `Headers` removes, so that responses look like the documented ones. */
function capitalizeHeaders(response: Response): Record<string, string> {
  return Object.fromEntries(
    [...response.headers].map(([name, value]) => [
      name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase()),
      value,
    ]),
  )
}
