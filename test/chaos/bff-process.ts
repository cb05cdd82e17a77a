// A process of the stage: `node bff-process.js CONFIG`. It serves a BFF for each kind of authorization server.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createBff } from '@latchkey/bff'
import { embeddedStore } from '@latchkey/bff/embedded'
import type { NodeListener } from '@latchkey/bff/node'
import { toNodeListener } from '@latchkey/bff/node'
import { oauth2 } from '@latchkey/bff/providers'
import type { SharedEngineAddress } from '../../packages/bff/test/stores/open-shared-store.ts'
import { openSharedStore } from '../../packages/bff/test/stores/open-shared-store.ts'
import { serverKinds } from './authorization-server.ts'

/** What a process is started with. */
export interface ProcessConfig {
  /** The folder of the embedded store. */
  folder: string
  /** The shared engine that is used instead. */
  engine?: SharedEngineAddress
  authorizationServer: string
  resourceServer: string
  /** A server of another kind; absent where it cannot run. */
  wsgiServer?: string
  /** Whether nginx passes the requests on. */
  hasNginx: boolean
  /** Where to listen; 0 for any port. */
  port: number
}

/** What a process says. */
export type ProcessMessage = { port: number } | { level: 'info' | 'warn' | 'error'; line: string }

/** What a process receives: its clock is set, by milliseconds beside that of the machine. */
export interface ClockMessage {
  clockOffsetMs: number
}

const { folder, engine, authorizationServer, resourceServer, wsgiServer, hasNginx, port } = JSON.parse(
  process.argv[2] ?? '{}',
) as ProcessConfig

// The clock of this process only: all that it runs must see the same time.
const readClock = Date.now
let clockOffsetMs = 0
Date.now = () => readClock() + clockOffsetMs
process.on('message', (message: ClockMessage) => ({ clockOffsetMs } = message))

const log = (level: 'info' | 'warn' | 'error') => (line: string) => send({ level, line })
const logger = { info: log('info'), warn: log('warn'), error: log('error') }
const store = engine ? await openSharedStore(engine) : embeddedStore({ path: folder })
const bffs = serverKinds.map((kind) =>
  createBff({
    basePath: `/${kind}/auth`,
    provider: oauth2({
      id: kind,
      tokenEndpoint: `${authorizationServer}/${kind}/token`,
      revocationEndpoint: `${authorizationServer}/${kind}/revoke`,
      clientId: 'portal',
      clientSecret: 's3cret',
    }),
    proxy: [
      { path: `/${kind}/api/*`, to: `${resourceServer}/*`, methods: ['GET', 'POST'] },
      ...(wsgiServer === undefined
        ? []
        : [
            {
              path: `/${kind}/wsgi/*`,
              to: `${wsgiServer}/*`,
              methods: ['GET', 'POST'] as ('GET' | 'POST')[],
            },
          ]),
    ],
    store,
    logger,
    ...(hasNginx && { trustProxy: 'loopback' }),
  }),
)

const listen = bffs
  .map((bff) => toNodeListener(bff))
  .reduceRight<NodeListener>(
    (next, listener) => (request, response) => listener(request, response, () => next(request, response)),
    (_request, response) => void response.writeHead(404).end(),
  )
const server = createServer(listen)
// A caller must not meet a connection that is closed for being idle.
server.keepAliveTimeout = 300_000
server.once('listening', () => send({ port: (server.address() as AddressInfo).port }))
server.on('error', (error: NodeJS.ErrnoException) => {
  // The process that had this port before has not ended yet.
  if (error.code !== 'EADDRINUSE') throw error
  setTimeout(listenAgain, 50)
})
listenAgain()

// The lines of packages/bff/README.md, and with a shared store those of docs/production.md.
process.once('SIGTERM', () => {
  server.close()
  const closed = Promise.all([once(server, 'close'), ...bffs.map((bff) => bff.close())])
  if (engine) void closed.then(() => store.close())
  setTimeout(() => server.closeAllConnections(), 10_000).unref()
  process.channel?.unref()
})
process.once('disconnect', () => {
  if (server.listening) process.exit(1)
})

function listenAgain(): void {
  server.listen(port, '127.0.0.1')
}

function send(message: ProcessMessage): void {
  process.send?.(message)
}
