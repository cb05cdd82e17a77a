import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Sandbox, SandboxOptions } from './sandbox.ts'
import { createSandbox } from './sandbox.ts'

/** A sandbox that listens on 127.0.0.1. */
export interface RunningSandbox extends Sandbox {
  /** Where it listens, without a slash at the end. A system's base is `{url}/{name}`. */
  readonly url: string
  /** Ends all connections, held ones included. */
  readonly close: () => Promise<void>
}

/** Starts a sandbox on 127.0.0.1, on a free port unless one is given. Rejects when the port is taken. */
export async function startSandbox(
  options: SandboxOptions & { readonly port?: number } = {},
): Promise<RunningSandbox> {
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

/** Anything that goes wrong, a cut on purpose included, ends the connection. */
async function serve(sandbox: Sandbox, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  try {
    const response = await sandbox.fetch(await createRequest(incoming))
    outgoing.writeHead(response.status, readHeaders(response))
    if (response.body) {
      for await (const chunk of response.body) await new Promise((written) => outgoing.write(chunk, written))
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

/** `Headers` forgets how a name was spelt; HTTP/1.1 does not care, but who reads along does. */
function readHeaders(response: Response): Record<string, string> {
  return Object.fromEntries(
    [...response.headers].map(([name, value]) => [
      name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase()),
      value,
    ]),
  )
}
